import Testing

@testable import Broker

@Suite("Secret")
struct SecretTests {
    @Test(
        "Only what has the form of a bcrypt hash is taken for one",
        arguments: [
            (text: "$2a$04$abc", isHash: true), ("$2b$11$", true), ("$2x$10$x", true), ("$2y$10$x", true),
            ("$2c$10$x", false), ("$2a$1x$x", false), ("$2a$10", false), ("2a$10$x", false), ("", false),
            ("$1$abcdefg", false), ("$2a-10$x", false),
        ] as [(text: String, isHash: Bool)]
    )
    func form(text: String, isHash: Bool) { #expect(Secret(text).isSlow == isHash) }

    @Test(
        "A plain secret is matched by itself alone",
        arguments: [
            ("abc", "abc", true), ("abc", "abcd", false), ("abc", "ab", false), ("abc", "abd", false),
            ("abc", "", false), ("", "", true), ("ä", "ä", true),
        ] as [(String, String, Bool)]
    )
    func plain(secret: String, text: String, isRight: Bool) {
        #expect(Secret(secret).matches(Array(text.utf8)) == isRight)
    }

    // The hashes were made by another program.
    @Test(
        "A hash is matched by its password alone",
        arguments: [
            ("$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG", "s3cret", true),
            ("$2a$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG", "s3cret", true),
            ("$2y$04$ABCDEFGHIJKLMNOPQRSTUuvqNQZiwmnuTmmzCA4BlFxfaMXIDF4bS", "t0ken", true),
            ("$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG", "s3creT", false),
            ("$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG", "", false),
            ("$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG", "s3cret\0more", false),
            // Not hashes that could ever be matched, whatever is said.
            ("$2b$04$", "", false), ("$2b$99$abcdefghijklmnopqrstuu", "s3cret", false),
            ("$2a$00$*0", "*0", false),
        ] as [(String, String, Bool)]
    )
    func hash(secret: String, text: String, isRight: Bool) {
        #expect(Secret(secret).matches(Array(text.utf8)) == isRight)
    }
}
