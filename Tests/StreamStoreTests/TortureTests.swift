import StreamStore
import Testing

@testable import StorageTorture

/// A part of `make torture`, always the same.
@Suite("Torture")
struct TortureTests {
    @Test(
        "After a crash at any change, whatever is left of what was not synced, what was acknowledged is there",
        arguments: [1, 1_001] as [UInt64]
    )
    func crashes(first: UInt64) throws {
        let torture = CrashTorture()
        var seed = first
        while torture.states.count < 5_000, torture.problems.isEmpty {
            try torture.run(seed: seed, operations: 140)
            seed += 1
        }
        print(
            "Torture: \(torture.states.count) distinct crash states, \(torture.recoveries) recoveries, "
                + "\(torture.nested) places in them to cut the power again, \(torture.rewrites) segments written anew"
        )
        #expect(torture.problems == [])
        #expect(torture.nested > 1_000)
        #expect(torture.rewrites > 3)
    }

    @Test("The same with files that are encrypted", arguments: StoreEncryption.Cipher.allCases)
    func encryptedCrashes(cipher: StoreEncryption.Cipher) throws {
        let torture = CrashTorture()
        var seed: UInt64 = cipher == .aes ? 3 : 1
        while torture.states.count < 600, torture.problems.isEmpty {
            try torture.run(
                seed: seed,
                operations: 60,
                encryption: StoreEncryption(cipher: cipher, key: "torture")
            )
            seed += 1
        }
        #expect(torture.problems == [])
    }

    @Test("Whatever call fails, once or for good, nothing is lost", arguments: FaultTorture.Kind.all)
    func faults(kind: FaultTorture.Kind) throws {
        let torture = FaultTorture()
        try torture.run(seed: 1, operations: 60, kind, from: 1, step: 3)
        try torture.run(seed: 2, operations: 60, kind, from: 2, step: 3)
        try torture.runRecovery(seed: 3, operations: 140, kind, from: 1, step: 3)
        #expect(torture.problems == [])
        #expect(torture.faults > 50)
    }

    @Test(
        "Whatever bit is flipped, one message or one compressed block is lost at most, and nothing is deleted",
        arguments: DamageTorture.Form.allCases
    )
    func damage(form: DamageTorture.Form) throws {
        let torture = try DamageTorture(form)
        let count = form == .plain ? 600 : 200
        for number in 0..<count {
            let bit = number * (torture.bits / count) + number % 8
            try torture.flip(bit, withoutIndex: number % 5 == 0, isThorough: number % 20 == 0)
        }
        #expect(torture.problems == [])
        #expect(torture.bits > (form == .compressed ? 200_000 : 400_000))
    }
}
