/// What `--help` prints.
enum UsageText {
    /// The flags of the program of that name.
    static func text(program: String) -> String {
        """

        Usage: \(program) [options]

        Every flag may be written with one dash or two, its value behind a blank or an equals sign.
        An acknowledgement of a stream publish means that the message is on disk.

        Server Options:
            -a, --addr, --net <host>         Address to listen on (default: 0.0.0.0)
            -p, --port <port>                Port for clients; -1 picks a free one (default: 4222)
            -n, --name
                --server_name <name>         Name of the server (default: its id)
            -P, --pid <file>                 File to write the process id to
            -m, --http_port <port>           Port of the monitoring endpoints; -1 picks a free one (default: off)
            -c, --config <file>              Configuration file
            -t                               Check the configuration file and stop
            -sl,--signal <name>[=<pid>]      Signal a running server: ldm, stop, quit, term, reopen, reload;
                                             <pid> is a process id, one that ends in *, or a file that holds one
                --client_advertise <address> Address that clients are told instead of the one listened on
                --ports_file_dir <directory> Directory of a file with the ports (<program>_<pid>.ports)
                --protected_mode <on|off>    Refuse clients from other hosts while nothing authenticates them
                                             (default: on)

        Logging Options:
            -l, --log <file>                 File to log to (default: standard error)
            -T, --logtime                    Begin log lines with the time (default: true)
                --logtime_utc                That time is UTC (default: false)
            -D, --debug                      Log more
            -V, --trace                      Log operations of clients
            -VV                              Log those of the system account, too
            -DV                              Debug and trace
            -DVV                             Debug and verbose trace
                --log_size_limit <bytes>     Size after which the log file is put aside (default: none)
                --max_traced_msg_len <bytes> Most bytes of a message that are logged (default: all)

        JetStream Options:
            -js, --jetstream                 Store streams (default: true without a configuration file)
            -sd, --store_dir <directory>     Directory of the store (default: weir-data)
                --sync_interval <time>       When acknowledged messages are on disk: always (before they are
                                             acknowledged), or a time such as 100ms after which they are at the
                                             latest (default: always)

        Authorization Options:
                --user <user>                User that clients must name
                --pass <password>            Password that clients must show
                --auth <token>               Token that clients must show

        Common Options:
            -h, --help                       Show this message
            -v, --version                    Show the version
                --help_tls                   What there is to say about TLS

        """
    }

    /// What `--help_tls` prints.
    static let tls = """
        TLS is not supported by this server yet: put a proxy that ends TLS before it, on the same host.

        """
}
