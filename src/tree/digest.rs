//! The tree's digest: a sum over its znodes, so that it follows each change in constant time
//! (`DigestCalculator.java`).

use super::Znode;

/// What one znode adds. The root counts as the empty path; what lies below `/zookeeper` is each
/// server's own and does not count.
pub(super) fn of_znode(path: &str, znode: &Znode) -> u64 {
    if path == "/zookeeper" || path.starts_with("/zookeeper/") {
        return 0;
    }
    let mut crc = crc32fast::Hasher::new();
    crc.update(if path == "/" { b"" } else { path.as_bytes() });
    crc.update(znode.data.as_bytes().unwrap_or_default());
    let mut fields = [0; 60];
    let longs = [
        znode.czxid.to_wire(),
        znode.mzxid.to_wire(),
        znode.pzxid.to_wire(),
        znode.ctime,
        znode.mtime,
    ];
    let ints = [znode.version, znode.cversion, znode.aversion];
    for (at, long) in longs.into_iter().enumerate() {
        fields[at * 8..at * 8 + 8].copy_from_slice(&long.to_be_bytes());
    }
    for (at, int) in ints.into_iter().enumerate() {
        fields[40 + at * 4..44 + at * 4].copy_from_slice(&int.to_be_bytes());
    }
    fields[52..].copy_from_slice(&znode.owner.0.to_be_bytes());
    crc.update(&fields);
    u64::from(crc.finalize())
}
