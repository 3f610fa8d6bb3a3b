/// A value that one event loop owns, changed in place.
///
/// A class's stored property pays for a check at run time whenever it is changed: that no two changes overlap. For
/// the few values that every message touches that is a noticeable part of its cost, so they live in cells, where a
/// debug build makes the same check and a release build makes none. What is confined to one loop can overlap only if
/// a change calls back into code that reaches the same cell, and the tests run that code in debug builds.
@safe
struct LoopCell<Value>: ~Copyable {
    // Unsafe things are done with it below only: it is made and freed with the cell.
    private let pointer: UnsafeMutablePointer<Value>
    #if DEBUG
    private let isChanging: UnsafeMutablePointer<Bool>
    #endif

    init(_ value: consuming Value) {
        unsafe self.pointer = .allocate(capacity: 1)
        unsafe self.pointer.initialize(to: value)
        #if DEBUG
        unsafe self.isChanging = .allocate(capacity: 1)
        unsafe self.isChanging.initialize(to: false)
        #endif
    }

    deinit {
        unsafe self.pointer.deinitialize(count: 1)
        unsafe self.pointer.deallocate()
        #if DEBUG
        unsafe self.isChanging.deallocate()
        #endif
    }

    /// The value.
    var value: Value {
        @inline(__always)
        _read {
            #if DEBUG
            unsafe precondition(!self.isChanging.pointee, "read while it changes")
            #endif
            yield unsafe self.pointer.pointee
        }
        @inline(__always)
        nonmutating _modify {
            #if DEBUG
            unsafe precondition(!self.isChanging.pointee, "changed while it changes")
            unsafe self.isChanging.pointee = true
            defer { unsafe self.isChanging.pointee = false }
            #endif
            yield unsafe &self.pointer.pointee
        }
    }
}
