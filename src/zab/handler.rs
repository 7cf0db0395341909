//! What a server knows of a learner of its own, and what brings that learner up to date
//! (`LearnerHandler.java`): the same for a leader, and for a follower that serves observers in its
//! place.

use super::effect::{Attendant, Effect};
use super::peer::{Common, Settings};
use super::rules::{Announcement, Rules};
use super::sync::SyncPlan;
use crate::base::{Epoch, Millis, ServerId, Time, Zxid};
use crate::wire::{Membership, Packet, PacketKind, Proposal};
use std::collections::BTreeMap;

/// How far a learner has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Stage {
    /// Introduced itself.
    Introduced,
    /// Was told the epoch.
    Told,
    /// Promised it; its history ends here.
    Promised { last: Zxid },
    /// What it lacks is on the way; it gets every proposal and commit from now on.
    Syncing,
    /// Holds the initial history.
    Synced,
}

/// One learner.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    pub stage: Stage,
    /// An observer: it gets no proposals, and what it says counts for no quorum.
    pub observes: bool,
    /// The version of the configuration that it was told of.
    pub told: Zxid,
    /// Whether it is brought up to date by the whole tree.
    pub gets_tree: bool,
    pub heard: Time,
}

impl Handler {
    /// A learner that has just come.
    pub fn new(stage: Stage, observes: bool, told: Zxid, now: Time) -> Handler {
        Handler { stage, observes, told, gets_tree: false, heard: now }
    }

    /// Whether it is told of what is proposed and committed.
    pub fn gets_all(&self, rules: &Rules) -> bool {
        self.stage == Stage::Synced || (rules.forwards_early)()
    }
}

/// All learners of a server.
pub(super) type Handlers = BTreeMap<ServerId, Handler>;

/// Who they are, as others are told.
pub(super) fn attendance(learners: &Handlers) -> impl Iterator<Item = Attendant> {
    learners.iter().map(|(&server, it)| Attendant {
        server,
        observes: it.observes,
        synced: it.stage == Stage::Synced,
    })
}

/// To those who are up to date or about to be.
pub(super) fn send_to(
    learners: &Handlers,
    whom: impl Fn(&Handler) -> bool,
    packet: &Packet,
    effects: &mut Vec<Effect>,
) {
    let syncing = learners.iter().filter(|(_, it)| it.stage >= Stage::Syncing && whom(it));
    effects.extend(syncing.map(|(&server, _)| Effect::Send(server, packet.clone())));
}

/// Learners that were silent for too long are gone.
pub(super) fn drop_silent(
    learners: &mut Handlers,
    now: Time,
    settings: &Settings,
    effects: &mut Vec<Effect>,
) {
    let (sync, init) = (settings.sync_limit(), settings.init_limit());
    let patience = |stage| match stage {
        Stage::Synced => sync,
        _ => Millis(sync.0 + init.0),
    };
    learners.retain(|&server, it| {
        let here = it.heard + patience(it.stage) > now;
        if !here {
            effects.push(Effect::Hangup(server));
        }
        here
    });
}

/// Those who have promised, with where their histories end.
pub(super) fn promised(learners: &Handlers) -> Vec<(ServerId, Zxid)> {
    let last = |stage| match stage {
        Stage::Promised { last } => Some(last),
        _ => None,
    };
    learners.iter().filter_map(|(&server, it)| Some((server, last(it.stage)?))).collect()
}

/// Whether one more learner may be brought up to date like this now (`SyncThrottler`). Followers always
/// may: they are needed.
pub(super) fn may_begin(
    learners: &Handlers,
    (observes, plan): (bool, SyncPlan),
    settings: &Settings,
) -> bool {
    let gets_tree = plan == SyncPlan::Snap;
    let max = if gets_tree { settings.snap_syncs_max } else { settings.diff_syncs_max };
    let alike =
        |it: &&Handler| it.observes && it.stage == Stage::Syncing && it.gets_tree == gets_tree;
    !observes || learners.values().filter(alike).count() < max
}

/// Sends a learner what it lacks, then a follower what is outstanding, then NEWLEADER. From here on
/// it has to get everything, so that nothing falls between (ZOOKEEPER-962, ZOOKEEPER-3104).
/// NEWLEADER names the configuration that is in force once the epoch is.
pub(super) fn bring_up_to_date(
    (to, learner): (ServerId, &mut Handler),
    (epoch, membership, plan): (Epoch, &Membership, SyncPlan),
    common: &Common,
    effects: &mut Vec<Effect>,
) {
    (learner.stage, learner.gets_tree) = (Stage::Syncing, plan == SyncPlan::Snap);
    let history = &common.history;
    let mut send = |packet| effects.push(Effect::Send(to, packet));
    let after = match plan {
        SyncPlan::Diff { after } => {
            send(Packet::bare(PacketKind::Diff, history.delivered()));
            after
        }
        SyncPlan::Trunc { to } => {
            send(Packet::bare(PacketKind::Trunc, to));
            to
        }
        SyncPlan::Snap => {
            effects.push(Effect::SendSnapshot(to));
            history.delivered()
        }
    };
    let text = membership.to_string().into_bytes().into();
    let new_leader = Packet::with(PacketKind::NewLeader, Zxid::floor_of(epoch), text);
    let announcement = (common.rules.announcement)();
    let mut send = |packet| effects.push(Effect::Send(to, packet));
    if announcement == Announcement::First {
        send(new_leader.clone());
    }
    for proposal in history.recent_after(after) {
        let payload = proposal.payload.clone();
        send(Packet::with(PacketKind::Proposal, proposal.zxid, payload));
        send(Packet::bare(PacketKind::Commit, proposal.zxid));
    }
    for proposal in history.pending().filter(|_| !learner.observes) {
        let payload = proposal.payload.clone();
        send(Packet::with(PacketKind::Proposal, proposal.zxid, payload));
    }
    if announcement == Announcement::Last {
        send(new_leader);
    }
}

/// A quorum follows: the learner may serve clients.
pub(super) fn up_to_date(learner: ServerId, effects: &mut Vec<Effect>) {
    let packet = Packet::of(PacketKind::UpToDate, -1, None);
    effects.push(Effect::Send(learner, packet));
}

/// INFORM: what is committed, for those who were not told when it was proposed.
pub(super) fn inform(proposal: &Proposal) -> Packet {
    Packet::with(PacketKind::Inform, proposal.zxid, proposal.payload.clone())
}

/// INFORMANDACTIVATE: a configuration is in force, under which `heir` leads.
pub(super) fn inform_and_activate(proposal: &Proposal, heir: ServerId) -> Packet {
    let heir = i64::from(heir.0).to_be_bytes();
    let data = [&heir, &*proposal.payload].concat().into();
    Packet::with(PacketKind::InformAndActivate, proposal.zxid, data)
}

/// Where a history ends, as ACKEPOCH says it: with the epoch that the learner holds, if the promise
/// counts. `None` for bytes that are no such packet.
pub(super) fn promise_of(packet: &Packet) -> Option<(Option<Epoch>, Zxid)> {
    let held = packet.data().first_chunk::<4>().map(|it| i32::from_be_bytes(*it))?;
    Some((u32::try_from(held).ok().map(Epoch), packet.zxid()))
}

pub(super) fn half(tick: Millis) -> Millis {
    Millis((tick.0 / 2).max(1))
}
