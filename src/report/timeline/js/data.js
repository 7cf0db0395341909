'use strict';
// What the page is given, unpacked once: columns become arrays that can be searched by time.

const given = JSON.parse(document.getElementById('data').textContent);
const head = given.head;
const nodes = given.nodes;
const texts = given.texts;
const end = Math.max(head.end, 1);
const serverCount = nodes.filter(name => name[0] === 's').length;

/** Sums of differences: the moments themselves. */
function summed(after) {
  const at = new Float64Array(after.length);
  let now = 0;
  for (let i = 0; i < after.length; i++) at[i] = now += after[i];
  return at;
}

const events = {
  count: given.events.after.length,
  at: summed(given.events.after),
  node: Int16Array.from(given.events.node),
  kind: Uint8Array.from(given.events.kind),
  words: given.events.words,
  session: given.events.session,
  zxid: given.events.zxid,
  paths: given.events.paths,
};

/** Whatever takes longer is looked for by itself, so that the others can be found by time. */
const LONG = 200000;
const noMessages = { kinds: [], after: [], took: [], from: [], to: [], kind: [], words: [], fate: [] };
const LANDED = 0, LATE = 1, LOST = 2, UNDER_WAY = 3;
const messages = unpackMessages(given.messages || noMessages);

function unpackMessages(columns) {
  const sent = summed(columns.after);
  const count = sent.length;
  const arrives = new Float64Array(count);
  const long = [];
  for (let i = 0; i < count; i++) {
    arrives[i] = columns.took[i] < 0 ? end : sent[i] + columns.took[i];
    if (arrives[i] - sent[i] > LONG) long.push(i);
  }
  return {
    count, sent, arrives, long, recorded: !!given.messages,
    kinds: columns.kinds, kind: Uint8Array.from(columns.kind), fate: Uint8Array.from(columns.fate),
    from: Int16Array.from(columns.from), to: Int16Array.from(columns.to), words: columns.words,
  };
}

/** The place of the first element that is not less than `value`. */
function lowerBound(sorted, value) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

/** The last event at or before a moment; −1 before the first. */
function lastEventAt(time) { return lowerBound(events.at, time + 0.5) - 1; }

// Each node's events, and each client's requests, in their order.
const eventsOf = nodes.map(() => []);
for (let i = 0; i < events.count; i++) if (events.node[i] >= 0) eventsOf[events.node[i]].push(i);

const DOWN = 0, LOOKING = 1, FOLLOWING = 2, LEADING = 3, OBSERVING = 4;

/** Each server's roles as spans, each with one role, leader, epoch and readiness. */
const roleSpans = given.servers.map(columns => {
  const spans = [];
  for (let i = 0; i < columns.event.length; i++) {
    const span = {
      from: i === 0 ? 0 : events.at[columns.event[i]], to: end, role: columns.role[i],
      leader: columns.leader[i], epoch: columns.epoch[i], serving: columns.serving[i] === 1,
    };
    const last = spans[spans.length - 1];
    if (last && ['role', 'leader', 'epoch', 'serving'].every(key => last[key] === span[key])) continue;
    if (last) last.to = span.from;
    if (last && last.to === last.from) spans.pop();
    spans.push(span);
  }
  return spans;
});

/** How a server stood after an event (its place in the history). */
function standing(server, event) {
  const columns = given.servers[server];
  const i = Math.max(0, lowerBound(columns.event, event + 1) - 1);
  return {
    role: columns.role[i], leader: columns.leader[i], epoch: columns.epoch[i],
    zxid: texts[columns.zxid[i]], sessions: columns.sessions[i],
    digest: columns.digest[i] < 0 ? null : texts[columns.digest[i]], serving: columns.serving[i] === 1,
  };
}

// Of a cut only those say it in words that are cut off from most; the others have a line.
for (const it of given.troubles) {
  const names = it.words.match(/\b[sc]\d+/g) || [];
  it.peers = it.what === 'cut' || it.what === 'slow_link' ? names.length : 0;
}
for (const it of given.troubles) {
  const most = given.troubles.filter(other => other.what === it.what && other.from < it.to && it.from < other.to)
    .reduce((count, other) => Math.max(count, other.peers), 0);
  it.quiet = it.peers < most;
}

const clients = given.clients.map(columns => {
  const ops = [];
  const rows = [];
  for (let i = 0; i < columns.ops.invoke.length; i++) {
    const invoke = columns.ops.invoke[i], answer = columns.ops.answer[i];
    const from = events.at[invoke], to = answer < 0 ? end : events.at[answer];
    let row = rows.findIndex(until => until <= from);
    if (row < 0) row = rows.length < 3 ? rows.length : 2;
    rows[row] = to;
    ops.push({ invoke, answer, from, to, row, fate: columns.ops.fate[i],
      words: texts[columns.ops.words[i]], reads: columns.ops.writes[i] === 0 });
  }
  return {
    ops, longest: ops.reduce((most, op) => Math.max(most, op.to - op.from), 0), from: ops.map(op => op.from),
    rows: Math.max(1, rows.length),
    sessions: columns.sessions.map(([session, from, to, how]) => ({ session: texts[session], from, to, how })),
    connections: columns.connections.map(([server, from, to, readOnly]) =>
      ({ name: nodes[server] + (readOnly === 1 ? ', reads only' : ''), from, to })),
    watches: columns.watches.map(([armed, fired, until, path, child]) =>
      ({ armed, fired, from: events.at[armed], to: until, path: texts[path], child: child === 1 })),
  };
});

/** From a request to its answer and back. */
const partner = new Map();
clients.forEach(client => client.ops.forEach(op => {
  if (op.answer >= 0) { partner.set(op.invoke, op.answer); partner.set(op.answer, op.invoke); }
}));
clients.forEach(client => client.watches.forEach(watch => {
  if (watch.fired >= 0) partner.set(watch.fired, watch.armed);
}));

/** Which client a session belongs to. */
const clientOf = new Map();
clients.forEach((client, i) => client.sessions.forEach(it => clientOf.set(it.session, nodes[serverCount + i])));

const evidence = [...new Set(head.violations.flatMap(it => it.evidence))].filter(i => i < events.count).sort((a, b) => a - b);
const isEvidence = new Set(evidence);
const violation = head.violations[0] || null;

function timeText(time, digits = 3) {
  // Cut off and not rounded, as everywhere else: a moment has one name.
  const whole = String(Math.floor(time)).padStart(7, '0');
  const part = whole.slice(-6).slice(0, digits);
  return whole.slice(0, -6) + (part && '.' + part) + 's';
}

function lengthText(length) {
  if (length < 1000) return Math.round(length) + 'µs';
  if (length < 1e6) return +(length / 1000).toPrecision(3) + 'ms';
  return +(length / 1e6).toPrecision(3) + 's';
}
