// swift-tools-version: 6.2
// What measures Weir. A package of its own, so that what it needs never burdens the server's build.
import PackageDescription

/// The settings of every target in `Sources`, as in the server's package.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// The settings of the tests: as `strict`, but tests may use pointers without saying `unsafe`.
let tests: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "weir-benchmarks",
    products: [
        .executable(name: "load", targets: ["LoadMain"])
    ],
    targets: [
        // Connections, frames and loops that cost much less than any server they drive.
        .target(name: "LoadGenerator", swiftSettings: strict),
        // The program `load`.
        .executableTarget(name: "LoadMain", dependencies: ["LoadGenerator"], swiftSettings: strict),

        .testTarget(name: "LoadGeneratorTests", dependencies: ["LoadGenerator"], swiftSettings: tests),
    ]
)
