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
        self.write(
            "weir_fsync_duration_seconds",
            "Time a commit waited for the disk.",
            self.timing.syncs,
            to: &text
        )
        self.write(
            "weir_commit_duration_seconds",
            "Time a commit took, writes and syncs.",
            self.timing.commits,
            to: &text
        )
        self.write(
            "weir_commit_batch_messages",
            "Messages that became durable with one commit.",
            self.timing.batches,
            to: &text
        )
        self.write(
            "weir_checkpoint_duration_seconds",
            "Time that writing an index took.",
            self.timing.checkpoints,
            to: &text
        )
        text.family(
            "weir_recovery_duration_seconds",
            .gauge,
            "Time that opening the store took at the start."
        )
        text.sample(self.timing.recovery, self.identity)
        text.family("weir_corrupt_records_total", .counter, "Damaged records met and skipped.")
        text.sample(self.totals.damagedRecords, self.identity)
        text.family("weir_rebuilt_indexes", .gauge, "Streams whose index was made again at the start.")
        text.sample(self.totals.rebuiltIndexes, self.identity)
        text.family("weir_frozen_streams", .gauge, "Streams that take no writes.")
        text.sample(self.totals.frozenCount, self.identity)
        text.family("weir_unavailable_streams", .gauge, "Streams whose store could not be opened.")
        text.sample(self.totals.unavailable.count, self.identity)
        text.family("weir_disk_full", .gauge, "1 while no messages are taken for want of room.")
        text.sample(self.totals.isDiskFull ? 1 : 0, self.identity)
        self.writeIndex(to: &text)
    }

    private func writeIndex(to text: inout PrometheusText) {
        text.family("weir_lmdb_open_environments", .gauge, "Indexes whose files are open.")
        text.sample(self.index.open, self.identity)
        text.family("weir_lmdb_pages", .gauge, "Pages of the open indexes, free ones included.")
        text.sample(self.index.pages, self.identity)
        text.family(
            "weir_lmdb_pages_max",
            .gauge,
            "Pages that the open indexes may grow to without a new map."
        )
        text.sample(self.index.pagesMax, self.identity)
        text.family("weir_lmdb_readers", .gauge, "Places for readers in use in the open indexes.")
        text.sample(self.index.readers, self.identity)
        text.family(
            "weir_lmdb_oldest_reader_age_transactions",
            .gauge,
            "Transactions committed since the oldest reader of any index began."
        )
        text.sample(self.index.oldestReaderAge, self.identity)
    }

    private func write(
        _ name: String,
        _ help: StaticString,
        _ histogram: Histogram,
        to text: inout PrometheusText
    ) {
        text.family(name, .histogram, help)
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
