extension [UInt8] {
    /// The bytes in hexadecimal.
    var hex: String {
        self.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        .joined()
    }
}
