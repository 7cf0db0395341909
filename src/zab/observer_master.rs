//! A follower that serves observers in the leader's place (`ObserverMaster.java`): it brings them up
//! to date from what it holds itself, tells them what it hears to be committed, and hands on what they
//! ask. What it has delivered is committed, so that an observer never learns anything from it that the
//! leader would not have told it.

use super::effect::{Attendant, Effect};
use super::handler::{self, Handler, Handlers, Stage, half, send_to, up_to_date};
use super::peer::Common;
use crate::base::{Epoch, ServerId, Time, Zxid};
use crate::wire::{LearnerInfo, Packet, PacketKind, Proposal};

/// The observers of a follower that is up to date.
#[derive(Clone, Debug)]
pub(super) struct ObserverMaster {
    /// That in which it follows.
    epoch: Epoch,
    observers: Handlers,
    ping_at: Time,
}

impl ObserverMaster {
    /// Nobody is there.
    pub fn new(epoch: Epoch) -> ObserverMaster {
        ObserverMaster { epoch, observers: Handlers::new(), ping_at: Time::ZERO }
    }

    /// Those who observe through it, or try to.
    pub fn attendance(&self) -> impl Iterator<Item = Attendant> {
        handler::attendance(&self.observers)
    }

    pub fn deadline(&self) -> Time {
        if self.observers.is_empty() { Time::NEVER } else { self.ping_at }
    }

    /// Pings twice a tick, as a leader does.
    pub fn tick(&mut self, now: Time, common: &Common, effects: &mut Vec<Effect>) {
        if self.observers.is_empty() || self.ping_at > now {
            return;
        }
        self.ping_at = now + half(common.settings.tick);
        handler::drop_silent(&mut self.observers, now, &common.settings, effects);
        let ping = Packet::bare(PacketKind::Ping, common.history.last());
        send_to(&self.observers, |_| true, &ping, effects);
    }

    pub fn unlinked(&mut self, observer: ServerId) {
        self.observers.remove(&observer);
    }

    /// A packet from an observer, or from somebody who wants to be one.
    pub fn received(
        &mut self,
        now: Time,
        from: ServerId,
        packet: Packet,
        common: &Common,
        effects: &mut Vec<Effect>,
    ) {
        if packet.kind == PacketKind::ObserverInfo {
            return self.introduced(now, from, &packet, common, effects);
        }
        let Some(observer) = self.observers.get_mut(&from) else {
            return effects.push(Effect::Hangup(from));
        };
        observer.heard = now;
        // Before it serves clients it has nothing to ask for them.
        let (serves, syncs) = (observer.stage == Stage::Synced, observer.stage >= Stage::Syncing);
        match packet.kind {
            PacketKind::AckEpoch => self.promised(from, &packet, common, effects),
            PacketKind::Ack => self.acked(from, packet.zxid(), effects),
            PacketKind::Request if serves => effects.push(Effect::Request(from, packet)),
            PacketKind::Revalidate if serves => effects.push(Effect::Revalidate(from, packet)),
            PacketKind::Ping if syncs => effects.push(Effect::Touched(from, packet)),
            _ => self.drop_observer(from, effects),
        }
    }

    fn drop_observer(&mut self, observer: ServerId, effects: &mut Vec<Effect>) {
        self.observers.remove(&observer);
        effects.push(Effect::Hangup(observer));
    }

    /// Whoever knows of a later epoch or configuration than this server has to look for another one;
    /// and whoever votes does not observe.
    fn introduced(
        &mut self,
        now: Time,
        from: ServerId,
        packet: &Packet,
        common: &Common,
        effects: &mut Vec<Effect>,
    ) {
        let active = &common.council.active;
        let knows_more = LearnerInfo::decode(packet.data()).map(|it| it.version > active.version);
        if knows_more != Ok(false)
            || packet.zxid().epoch() > self.epoch
            || common.council.votes(from)
        {
            return self.drop_observer(from, effects);
        }
        if self.observers.is_empty() {
            self.ping_at = now + half(common.settings.tick);
        }
        let observer = Handler::new(Stage::Told, true, active.version, now);
        self.observers.insert(from, observer);
        let versioned = Some(&**active).filter(|it| it.version > Zxid::ZERO);
        effects.push(Effect::Send(from, LearnerInfo::leader_info(self.epoch, versioned)));
    }

    /// ACKEPOCH: it may be brought up to date, as soon as that is possible.
    fn promised(
        &mut self,
        from: ServerId,
        packet: &Packet,
        common: &Common,
        effects: &mut Vec<Effect>,
    ) {
        let observer = self.observers.get_mut(&from).expect("the caller has looked");
        match handler::promise_of(packet) {
            Some((_, last)) if observer.stage == Stage::Told => {
                observer.stage = Stage::Promised { last };
                self.synchronize(common, effects);
            }
            _ => self.drop_observer(from, effects),
        }
    }

    /// Brings those up to date who wait for it. An observer that has come from elsewhere may hold more
    /// of this epoch than this server has heard to be committed: to have it cut that would take what is
    /// committed from its clients, so that it waits until this server has it, too.
    pub fn synchronize(&mut self, common: &Common, effects: &mut Vec<Effect>) {
        for (to, last) in handler::promised(&self.observers) {
            if last.epoch() == self.epoch && last > common.history.delivered() {
                continue;
            }
            let plan = (common.rules.sync_plan)(&common.history.window(), last);
            let begins = handler::may_begin(&self.observers, (true, plan), &common.settings);
            if self.observers[&to].told < common.council.active.version || !begins {
                self.drop_observer(to, effects);
                continue;
            }
            let observer = (to, self.observers.get_mut(&to).expect("it was just named"));
            let brought = (self.epoch, &*common.council.active, plan);
            handler::bring_up_to_date(observer, brought, common, effects);
        }
    }

    /// ACK of NEWLEADER, or of UPTODATE.
    fn acked(&mut self, from: ServerId, zxid: Zxid, effects: &mut Vec<Effect>) {
        let observer = self.observers.get_mut(&from).expect("the caller has looked");
        if observer.stage < Stage::Syncing || zxid != Zxid::floor_of(self.epoch) {
            return self.drop_observer(from, effects);
        }
        if observer.stage == Stage::Syncing {
            observer.stage = Stage::Synced;
            up_to_date(from, effects);
        }
    }

    /// This server has delivered what the leader has committed; with a configuration, `heir` leads from
    /// here on. Whoever waits for that can be brought up to date behind it.
    pub fn committed(
        &self,
        proposal: &Proposal,
        heir: Option<ServerId>,
        common: &Common,
        effects: &mut Vec<Effect>,
    ) {
        if self.observers.is_empty() {
            return;
        }
        let inform = match heir {
            Some(heir) => handler::inform_and_activate(proposal, heir),
            None => handler::inform(proposal),
        };
        send_to(&self.observers, |it| it.gets_all(&common.rules), &inform, effects);
    }
}
