extension OptionsReader {
    /// Keys within the maps of features that are not built, so that a wrong one is told, too.
    private static let knownKeys: [String: Set<String>] = [
        "tls": [
            "cert_file", "key_file", "ca_file", "insecure", "verify", "verify_and_map",
            "verify_cert_and_check_known_urls", "cipher_suites", "curve_preferences", "timeout",
            "connection_rate_limit", "pinned_certs", "handshake_first", "first", "immediate", "certs",
            "certificates", "min_version", "ocsp_peer", "cert_store", "cert_match", "cert_match_by",
            "cert_match_skip_invalid", "ca_certs_match", "allow_insecure_cipher_suites",
        ],
        "cluster": [
            "name", "listen", "host", "net", "port", "authorization", "permissions", "routes", "tls",
            "cluster_advertise", "advertise", "no_advertise", "connect_retries", "connect_backoff",
            "pool_size",
            "accounts", "compression", "ping_interval", "ping_max", "write_deadline", "write_timeout",
        ],
        "gateway": [
            "name", "listen", "host", "net", "port", "authorization", "tls", "advertise", "connect_retries",
            "connect_backoff", "reject_unknown_cluster", "reject_unknown", "gateways", "write_deadline",
            "write_timeout",
        ],
        "leafnodes": [
            "listen", "host", "net", "port", "authorization", "tls", "advertise", "leafnode_advertise",
            "no_advertise", "min_version", "minimum_version", "compression", "isolate_leafnode_interest",
            "isolate", "write_deadline", "write_timeout", "dial_timeout", "reconnect", "reconnect_delay",
            "reconnect_interval", "remotes",
        ],
        "websocket": [
            "listen", "host", "net", "port", "advertise", "no_tls", "tls", "same_origin", "allowed_origins",
            "allowed_origin", "allow_origins", "allow_origin", "origins", "origin", "handshake_timeout",
            "compression", "compress", "authorization", "authentication", "no_auth_user", "jwt_cookie",
            "user_cookie", "pass_cookie", "token_cookie", "headers", "ping_interval",
        ],
        "mqtt": [
            "listen", "host", "net", "port", "tls", "authorization", "authentication", "no_auth_user",
            "ack_wait", "max_ack_pending", "max_pending", "max_inflight", "js_domain", "js_api_timeout",
            "stream_replicas", "consumer_replicas", "consumer_memory_storage", "consumer_inactive_threshold",
            "consumer_auto_cleanup", "reject_qos2_publish", "downgrade_qos2_subscribe",
        ],
        "proxies": ["trusted"],
    ]

    /// Other names of these maps.
    private static let otherNames = [
        "leaf": "leafnodes", "leafnode": "leafnodes", "ws": "websocket", "resolver_tls": "tls",
    ]

    /// Reads a key of a feature that is not built; says whether it is one.
    ///
    /// To ask for one is an error, as is a wrong key within it; to turn one off is not.
    mutating func readAbsent(_ entry: ConfigurationMap.Entry) -> Bool {
        switch entry.name {
        case "tls", "resolver_tls", "cluster", "gateway", "leafnodes", "leafnode", "leaf", "websocket", "ws",
            "mqtt", "proxies":
            if case .map(let map) = entry.value.kind,
                let known = Self.knownKeys[Self.otherNames[entry.name] ?? entry.name]
            {
                for member in map.entries where !known.contains(member.name) { self.failUnknown(member) }
            }
            self.failAbsent(entry)
        case "allow_non_tls", "syslog", "ocsp", "ocsp_cache":
            if case .bool(false) = entry.value.kind { break }
            self.failAbsent(entry)
        case "https", "https_port", "prof_port":
            if case .integer(0) = entry.value.kind { break }
            self.failAbsent(entry)
        case "prof_block_rate":
            // Without the port nobody sees what it measures.
            if self.integer(entry) != nil { self.noteWithoutEffect(entry) }
        case "default_js_domain":
            // Of leaf nodes; names no domain while it is empty.
            if case .map(let map) = entry.value.kind, map.entries.isEmpty { break }
            self.failAbsent(entry)
        case "remote_syslog", "default_sentinel", "operator", "operators", "root", "roots", "root_operator",
            "root_operators", "trusted", "trusted_keys", "resolver", "account_resolver", "accounts_resolver",
            "resolver_preload", "resolver_pinned_accounts":
            self.failAbsent(entry)
        default:
            return false
        }
        return true
    }
}
