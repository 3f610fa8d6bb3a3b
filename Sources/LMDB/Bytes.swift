internal import CLMDB

extension RawSpan {
    /// Calls `body` with these bytes as LMDB takes them.
    @inline(__always)
    func withValue(_ body: (UnsafeMutablePointer<MDB_val>) -> CInt) -> CInt {
        unsafe self.withUnsafeBytes { bytes in
            // LMDB reads through the pointer and never writes: its structure is not const-correct.
            var value = unsafe MDB_val(
                mv_size: bytes.count,
                mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
            return unsafe withUnsafeMutablePointer(to: &value) { unsafe body($0) }
        }
    }
}

extension MDB_val {
    /// What LMDB found, as a pointer that is valid until the transaction ends or writes.
    @inline(__always)
    var buffer: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: self.mv_data, count: self.mv_data == nil ? 0 : self.mv_size)
    }
}
