//! The service as its users understand it: the committed transactions in their order, and the tree
//! at every version. Shares no code with `tree`, which it judges.

/// The committed history so far, and every version of the tree.
#[derive(Clone, Debug, Default)]
pub struct Model {}
