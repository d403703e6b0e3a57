"""URLs to which no webhook may be sent: this machine, its networks, and their disguises."""

# `PORT` is one at which something listens, on every loopback address.
REFUSED_BY_TEXT = """
http://127.0.0.1:PORT/
http://127.0.0.2:PORT/
http://127.255.255.254:PORT/
http://localhost:PORT/
http://LOCALHOST:PORT/
http://localhost.:PORT/
http://foo.localhost:PORT/
http://ip6-localhost:PORT/
http://localhost.localdomain.:PORT/
http://0.0.0.0:PORT/
http://0:PORT/
http://0.0:PORT/
http://127.1:PORT/
http://127.0.1:PORT/
http://2130706433:PORT/
http://017700000001:PORT/
http://0x7f000001:PORT/
http://0x7F.0.0.1:PORT/
http://0177.0.0.1:PORT/
http://127.0.0.01:PORT/
http://00127.0.0.1:PORT/
http://127.0.0.1.:PORT/
http://0x7f.1:PORT/
http://1.1.1.1.127.0.0.1:PORT/
http://①②⑦.⓪.⓪.①:PORT/
http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/
http://127。0。0。1:PORT/
http://%31%32%37.0.0.1:PORT/
http://[::1]:PORT/
http://[::]:PORT/
http://[0:0:0:0:0:0:0:1]:PORT/
http://[0000::1]:PORT/
http://[::ffff:127.0.0.1]:PORT/
http://[::ffff:7f00:1]:PORT/
http://[::ffff:0:127.0.0.1]:PORT/
http://[::127.0.0.1]:PORT/
http://[64:ff9b::127.0.0.1]:PORT/
http://[64:ff9b:1::7f00:1]:PORT/
http://[2002:7f00:1::]:PORT/
http://[2001:0:7f00:1::80ff:fffe]:PORT/
http://[2001:470::200:5efe:7f00:1]:PORT/
http://[fe80::5efe:127.0.0.1]:PORT/
http://[fe80::1]:PORT/
http://[fe80::1%25lo]:PORT/
http://[::1%25lo]:PORT/
http://[fec0::1]:PORT/
http://[fc00::1]:PORT/
http://[fd00:ec2::254]:PORT/
http://[ff02::1]:PORT/
http://[100::1]:PORT/
http://[2001:db8::1]:PORT/
http://[5f00::1]:PORT/
http://[127.0.0.1]:PORT/
http://10.0.0.1:PORT/
http://172.16.0.1:PORT/
http://172.31.255.255:PORT/
http://192.168.1.1:PORT/
http://100.64.0.1:PORT/
http://100.100.100.200:PORT/
http://169.254.169.254/latest/meta-data/
http://192.0.0.192/
http://168.63.129.16/
http://192.88.99.1:PORT/
http://198.18.0.1:PORT/
http://224.0.0.1:PORT/
http://239.255.255.250:PORT/
http://240.0.0.1:PORT/
http://255.255.255.255:PORT/
http://metadata.google.internal/
http://printer.local:PORT/
http://redis:PORT/
http://user@127.0.0.1:PORT/
http://example.com@127.0.0.1:PORT/
http://example.com:80@127.0.0.1:PORT/
http://user:pass@example.com/
http://example.com#@127.0.0.1:PORT/
http://127.0.0.1:PORT#@example.com/
http://127.0.0.1:PORT\\@example.com/
http://example.com\\@127.0.0.1:PORT/
http:\\\\127.0.0.1:PORT/
http:/127.0.0.1:PORT/
http:127.0.0.1:PORT
//127.0.0.1:PORT/
127.0.0.1:PORT
https://127.0.0.1:PORT/
HTTP://127.0.0.1:PORT/
ftp://127.0.0.1:PORT/
file:///etc/passwd
gopher://127.0.0.1:PORT/_POST
unix:///run/redis.sock
javascript:alert(1)
data:text/plain,x
http://example.com:22/
http://example.com:25/
http://example.com:6379/
http://example.com:0/
http://example.com:99999/
http://example.com:PORT:80/
http://exa mple.com/
http://example.com/\tx
http://example..com/
http://-example.com/
http:///path
http://
""".replace("\\\\", "\\").replace("\\t", "\t").strip("\n").split("\n")  # fmt: skip

# What a name may turn out to be: the answers to one look-up.
REFUSED_BY_DNS = [
    ["127.0.0.1"],
    ["::1"],
    ["8.8.8.8", "127.0.0.1"],
    ["127.0.0.1", "8.8.8.8"],
    ["::ffff:127.0.0.1"],
    ["::127.0.0.1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["2001:0:7f00:1::80ff:fffe"],
    ["fe80::1%lo"],
    ["0.0.0.0"],  # noqa: S104 - an address that is refused
    ["::"],
    ["10.0.0.1"],
    ["100.64.0.1"],
    ["169.254.169.254"],
    ["224.0.0.1"],
    ["255.255.255.255"],
    ["fd00::1"],
    ["2606:4700::1", "fc00::1"],
]
