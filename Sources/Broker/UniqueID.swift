/// Random texts of base-62 characters: names of consumers, ids of advisories.
enum UniqueID {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// A text of that many characters.
    static func make(length: Int) -> String {
        String((0..<length).map { _ in Self.alphabet[Int.random(in: 0..<Self.alphabet.count)] })
    }
}
