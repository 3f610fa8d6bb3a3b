/// Something that must not be so.
struct Finding: Error, CustomStringConvertible {
    /// What was done.
    let target: String
    /// What came out.
    let problem: String
    /// The bytes that led to it.
    let input: [UInt8]

    var description: String {
        let digits = Array("0123456789abcdef".utf8)
        let hex = self.input.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "\(self.target): \(self.problem)\ninput: \(String(decoding: hex, as: UTF8.self))"
    }
}
