import Testing

@testable import ServerMain

@Suite("Pages of the program")
struct ProgramPagesTests {
    @Test("Only files that were mapped for reading, and never written to, are given back")
    func unwritten() {
        let text = """
            55d0-55e0 r--p 00000000 08:01 12                         /usr/bin/weir-server
            Rss:                 100 kB
            Anonymous:             0 kB
            VmFlags: rd mr mw me sd
            55e0-55f0 r-xp 00010000 08:01 12                         /usr/bin/weir-server
            Anonymous:             0 kB
            55f0-5600 r--p 00020000 08:01 12                         /usr/bin/weir-server
            Anonymous:             4 kB
            5600-5610 rw-p 00030000 08:01 12                         /usr/bin/weir-server
            Anonymous:             0 kB
            5610-5620 r--s 00000000 08:01 13                         /srv/data.mdb
            Anonymous:             0 kB
            5620-5630 r--p 00000000 00:00 0
            Anonymous:             0 kB
            7ffe-7fff r-xp 00000000 00:00 0                          [vdso]
            Anonymous:             0 kB
            7000-6000 r-xp 00000000 08:01 12                         /odd
            Anonymous:             0 kB
            """
        #expect(ProgramPages.unwritten(in: text) == [0x55d0..<0x55e0, 0x55e0..<0x55f0])
        #expect(ProgramPages.unwritten(in: "nonsense\n - \n:\nAnonymous:\n") == [])
    }

    @Test("What is given back can be used again")
    func giveBack() {
        ProgramPages.giveBack()
        #expect([3, 1, 2].sorted() == [1, 2, 3])
        #expect("\(ProgramPages.self)" == "ProgramPages")
    }
}
