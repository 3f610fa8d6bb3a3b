// swift-tools-version: 6.2
// Targets are listed lowest first. An arrow between two of them goes down only.
import PackageDescription

/// The settings of every target in `Sources`.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// The settings of every test target: as `strict`, but tests may use pointers without saying `unsafe`.
let tests: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "weir",
    products: [
        .library(name: "Weir", targets: ["Weir"]),
        .executable(name: "weir-server", targets: ["ServerMain"]),
        .executable(name: "weir", targets: ["WeirCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Without its traits: neither the full Foundation nor a configuration library comes along.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        // The C header and library of LMDB, and a shim for what Swift cannot call.
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        // The C header and library of Zstandard.
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        // The C header and library of libxcrypt: checks of hashed passwords.
        .systemLibrary(name: "CCrypt", pkgConfig: "libxcrypt", providers: [.apt(["libcrypt-dev"])]),
        // CRC-32C: the processor's instruction, and a table where it is missing.
        .target(name: "CChecksum"),
        // A thin noncopyable wrapper of LMDB, with its error codes under their own names.
        .target(name: "LMDB", dependencies: ["CLMDB"], swiftSettings: strict),
        // Subjects, patterns and the wildcard trie: bytes in, matches out.
        .target(name: "Subjects", swiftSettings: strict),
        // Values of the API: configurations, states, requests, responses and errors, as JSON.
        .target(name: "StreamModel", dependencies: ["Subjects"], swiftSettings: strict),
        // The NATS text protocol: parser and encoder.
        .target(
            name: "WireProtocol",
            dependencies: ["Subjects", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: strict
        ),
        // The append-only segmented log: record format, writer, reader, recovery.
        .target(
            name: "SegmentLog",
            dependencies: ["CChecksum", "CZstd", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict
        ),
        // One stream's messages: log and LMDB index, or memory.
        .target(
            name: "StreamStore",
            dependencies: [
                "SegmentLog", "LMDB", "CChecksum", "Subjects", "StreamModel",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        // The behaviour of streams and consumers. Pure: time goes in, effects come out.
        .target(
            name: "StreamEngine",
            dependencies: [
                "StreamStore", "Subjects", "StreamModel", .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        // What is done with a store that no server has open: verify, repair, rebuild, inspect, back up, restore.
        .target(
            name: "StoreTools",
            dependencies: [
                "StreamEngine", "StreamStore", "SegmentLog", "Subjects", "StreamModel",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        // Accounts, client sessions, routing, stream shards and the handlers of `$JS.API`.
        .target(
            name: "Broker",
            dependencies: [
                "StreamEngine", "StreamStore", "WireProtocol", "Subjects", "StreamModel", "CChecksum",
                "CCrypt",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        // The grammar of NATS configurations, and the options that they stand for.
        .target(
            name: "ServerConfiguration",
            dependencies: [
                "Broker", "StreamModel", "Subjects", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict
        ),
        // What the server says of itself, as JSON, and the requests and events of the system account.
        .target(
            name: "Reports",
            dependencies: [
                "Broker", "StreamModel", "Subjects",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        // Monitoring endpoints over HTTP: the reports, and metrics for Prometheus.
        .target(
            name: "Monitoring",
            dependencies: [
                "Reports", "Broker", "StreamModel", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        // The embeddable server: listeners, event loops, lifecycle.
        .target(
            name: "Weir",
            dependencies: [
                "Reports", "Broker", "StreamModel", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        // The program `weir-server`: flags, signals and log lines.
        .executableTarget(
            name: "ServerMain",
            dependencies: [
                "Weir", "Broker", "Reports", "Monitoring", "ServerConfiguration", "StreamModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict
        ),
        // The program `weir`: its commands and what they print.
        .executableTarget(
            name: "WeirCommand",
            dependencies: [
                "StoreTools", "StreamStore", "StreamModel",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),

        // Micro benchmarks of the hot path and of a store; `make bench`.
        .executableTarget(
            name: "MicroBenchmarks",
            dependencies: [
                "StreamEngine", "StreamStore", "StreamModel", "WireProtocol", "Subjects",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Benchmarks/Micro",
            swiftSettings: tests
        ),
        // Random and damaged input for what reads bytes from the network: `make fuzz`.
        .executableTarget(
            name: "ParserFuzz",
            dependencies: ["WireProtocol", "Subjects"],
            swiftSettings: tests
        ),

        // What the tests share.
        .target(
            name: "TestSupport",
            dependencies: ["SegmentLog", "StreamStore"],
            path: "Tests/TestSupport",
            swiftSettings: tests
        ),
        // Crashes, failing calls and damage for a store: `make torture`, and a part of it in its tests.
        .executableTarget(
            name: "StorageTorture",
            dependencies: [
                "StreamStore", "SegmentLog", "Subjects", "StreamModel", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/StorageTorture",
            swiftSettings: tests
        ),
        .testTarget(name: "LMDBTests", dependencies: ["LMDB", "TestSupport"], swiftSettings: tests),
        .testTarget(name: "SubjectsTests", dependencies: ["Subjects", "TestSupport"], swiftSettings: tests),
        .testTarget(
            name: "StreamModelTests",
            dependencies: ["StreamModel", "Subjects", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "WireProtocolTests",
            dependencies: [
                "WireProtocol", "Subjects", "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "SegmentLogTests",
            dependencies: ["SegmentLog", "CChecksum", "TestSupport"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "StreamStoreTests",
            dependencies: [
                "StreamStore", "SegmentLog", "LMDB", "Subjects", "StreamModel", "TestSupport",
                "StorageTorture",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "StreamEngineTests",
            dependencies: [
                "StreamEngine", "StreamStore", "Subjects", "StreamModel", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "StoreToolsTests",
            dependencies: [
                "StoreTools", "StreamEngine", "StreamStore", "SegmentLog", "Subjects", "StreamModel",
                "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "BrokerTests",
            dependencies: [
                "Broker", "StreamEngine", "StreamModel", "Subjects",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "ServerConfigurationTests",
            dependencies: [
                "ServerConfiguration", "Broker", "StreamModel", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "ServerMainTests",
            dependencies: [
                "ServerMain", "ServerConfiguration", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "WireTests",
            dependencies: [
                "Weir", "Broker", "ServerConfiguration", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Reports", "Broker", "StreamModel", "Weir", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: tests
        ),
        .testTarget(
            name: "MonitoringTests",
            dependencies: [
                "Monitoring", "Reports", "Broker", "StreamModel", "Weir", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: tests
        ),
    ]
)
