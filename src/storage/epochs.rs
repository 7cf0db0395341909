//! The two small files that keep a server's word: `acceptedEpoch` and `currentEpoch`, a decimal
//! number each.

use super::DiskOp;
use crate::base::Epoch;

/// The highest epoch that the server promised to follow.
pub(super) const ACCEPTED: &str = "acceptedEpoch";
/// The epoch whose initial history the server holds.
pub(super) const CURRENT: &str = "currentEpoch";

/// Replaces a file's content so that a crash leaves the old number or the new one.
pub(super) fn write(name: &str, epoch: Epoch, ops: &mut Vec<DiskOp>) {
    replace(name, epoch.to_string().into_bytes(), ops);
}

/// Writes beside, syncs, renames, syncs the directory.
pub(super) fn replace(name: &str, bytes: Vec<u8>, ops: &mut Vec<DiskOp>) {
    let beside = format!("{name}.tmp");
    ops.push(DiskOp::Truncate { file: beside.clone(), len: 0 });
    ops.push(DiskOp::Write { file: beside.clone(), offset: 0, bytes, zxid: None });
    ops.push(DiskOp::Sync { file: beside.clone() });
    ops.push(DiskOp::Rename { from: beside, to: name.to_owned() });
    ops.push(DiskOp::SyncDir);
}

/// The number in a file; `None` when the file is missing.
pub(super) fn read(bytes: Option<&Vec<u8>>) -> Result<Option<Epoch>, String> {
    let Some(bytes) = bytes else { return Ok(None) };
    let text = String::from_utf8_lossy(bytes);
    let number = text.trim().parse::<u32>();
    let expected = || format!("`{}` is no epoch; expected a decimal number", text.trim());
    number.map(|number| Some(Epoch(number))).map_err(|_| expected())
}
