/// A named database of an environment: a number, valid in every transaction of it.
///
/// Made by `WriteTransaction.database(_:)`, whose transaction must be committed before others use it.
public struct Database: Sendable, Hashable {
    let id: UInt32
}
