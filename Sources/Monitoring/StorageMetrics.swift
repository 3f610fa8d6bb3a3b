import Broker

/// How the disks do: Weir's own metrics.
struct StorageMetrics {
    /// The streams together.
    let totals: ServerSnapshot.StreamTotals
    /// How long disks took.
    let timing: DiskTiming
    /// The indexes together.
    let index: IndexTotals
    /// What tells servers apart.
    let identity: [PrometheusText.Label]

    /// Writes the metrics.
    func write(to text: inout PrometheusText) {
        let (totals, timing) = (self.totals, self.timing)
        self.write("fsync_duration_seconds", "Time a commit waited for the disk.", timing.syncs, to: &text)
        self.write(
            "commit_duration_seconds",
            "Time a commit took, writes and syncs.",
            timing.commits,
            to: &text
        )
        self.write(
            "commit_batch_messages",
            "Messages that became durable with one commit.",
            timing.batches,
            to: &text
        )
        self.write(
            "checkpoint_duration_seconds",
            "Time that writing an index took.",
            timing.checkpoints,
            to: &text
        )
        self.write(
            "recovery_duration_seconds",
            "Time that opening the store took at the start.",
            timing.recovery,
            to: &text
        )
        self.write(
            "corrupt_records_total",
            .counter,
            "Damaged records met and skipped.",
            Double(totals.damagedRecords),
            to: &text
        )
        self.write(
            "rebuilt_indexes",
            "Streams whose index was made again at the start.",
            totals.rebuiltIndexes,
            to: &text
        )
        self.write("frozen_streams", "Streams that take no writes.", totals.frozenCount, to: &text)
        self.write(
            "unavailable_streams",
            "Streams whose store could not be opened.",
            totals.unavailable.count,
            to: &text
        )
        self.write(
            "disk_full",
            "1 while no messages are taken for want of room.",
            totals.isDiskFull ? 1 : 0,
            to: &text
        )
        self.writeIndex(to: &text)
    }

    private func writeIndex(to text: inout PrometheusText) {
        let index = self.index
        self.write("lmdb_open_environments", "Indexes whose files are open.", index.open, to: &text)
        self.write("lmdb_pages", "Pages of the open indexes, free ones included.", index.pages, to: &text)
        self.write(
            "lmdb_pages_max",
            "Pages that the open indexes may grow to without a new map.",
            index.pagesMax,
            to: &text
        )
        self.write("lmdb_readers", "Places for readers in use in the open indexes.", index.readers, to: &text)
        self.write(
            "lmdb_oldest_reader_age_transactions",
            "Transactions committed since the oldest reader of any index began.",
            index.oldestReaderAge,
            to: &text
        )
    }

    private func write(
        _ name: String,
        _ help: StaticString,
        _ value: some BinaryInteger,
        to text: inout PrometheusText
    ) {
        self.write(name, .gauge, help, Double(value), to: &text)
    }

    private func write(_ name: String, _ help: StaticString, _ value: Double, to text: inout PrometheusText) {
        self.write(name, .gauge, help, value, to: &text)
    }

    private func write(
        _ name: String,
        _ kind: PrometheusText.Kind,
        _ help: StaticString,
        _ value: Double,
        to text: inout PrometheusText
    ) {
        text.metric("weir_\(name)", kind, help, value, self.identity)
    }

    private func write(
        _ name: String,
        _ help: StaticString,
        _ histogram: Histogram,
        to text: inout PrometheusText
    ) {
        text.family("weir_\(name)", .histogram, help)
        var count: UInt64 = 0
        for (bound, added) in zip(histogram.bounds, histogram.counts) {
            count += added
            text.part("_bucket", Double(count), self.identity + [("le", "\(bound)")])
        }
        text.part("_bucket", Double(histogram.count), self.identity + [("le", "+Inf")])
        text.part("_sum", histogram.sum, self.identity)
        text.part("_count", Double(histogram.count), self.identity)
    }
}
