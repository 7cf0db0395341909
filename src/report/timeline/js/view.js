// What is seen: the window of time, the lanes and where they lie, the cursor and the selection.

const lanesCanvas = document.getElementById('lanes');
const wholeCanvas = document.getElementById('whole');
const GUTTER = 128, AXIS = 24, NARROWEST = 40;

const view = {
  from: 0, to: end, width: 100, height: 100, scroll: 0,
  cursor: { time: 0, event: 0 }, hover: null, chosen: null, query: '', hidden: new Set(['ping', 'connection']),
};

function xOf(time) { return GUTTER + (time - view.from) / (view.to - view.from) * (view.width - GUTTER); }
function timeOf(x) { return view.from + (x - GUTTER) / (view.width - GUTTER) * (view.to - view.from); }

/** Shows this window, within the run and not narrower than can be told apart. */
function look(from, to) {
  const room = end * 0.04 + 1000;
  let span = Math.min(Math.max(to - from, NARROWEST), end + 2 * room);
  let middle = (from + to) / 2;
  middle = Math.min(Math.max(middle, -room + span / 2), end + room - span / 2);
  view.from = middle - span / 2;
  view.to = middle + span / 2;
  changed();
}

function zoom(factor, around) {
  const at = around === undefined ? (view.from + view.to) / 2 : around;
  look(at - (at - view.from) * factor, at + (view.to - at) * factor);
}

function pan(part) {
  const by = (view.to - view.from) * part;
  look(view.from + by, view.to + by);
}

/** Moves the window so that a moment is in it, and not at its edge. */
function reveal(time) {
  const span = view.to - view.from;
  if (time < view.from + span * 0.04 || time > view.to - span * 0.04) look(time - span * 0.6, time + span * 0.4);
}

/** The rows of the faults' lane: those that overlap lie below each other. */
const faultRows = [];
given.faults.forEach(fault => {
  let row = faultRows.findIndex(until => until <= fault.from);
  if (row < 0) row = faultRows.length;
  faultRows[row] = fault.to;
  fault.row = row;
});

const layout = { faultsTop: AXIS, faultRow: 15, lanes: [], bottom: 0 };

/** Gives each lane its place; they share the height as long as they can be read. */
function arrange() {
  layout.faultsBottom = AXIS + 4 + Math.max(1, faultRows.length) * layout.faultRow + 3;
  const room = view.height - layout.faultsBottom - 6;
  const weight = serverCount * 1.15 + (nodes.length - serverCount);
  const unit = Math.min(58, Math.max(26, room / Math.max(weight, 1)));
  let top = layout.faultsBottom - view.scroll;
  layout.lanes = nodes.map((name, i) => {
    const height = Math.floor(i < serverCount ? unit * 1.15 : unit);
    const lane = { name, top, height, middle: top + height / 2 - 1 };
    top += height;
    return lane;
  });
  layout.bottom = top;
  layout.hiddenHeight = Math.max(0, top + view.scroll - view.height + 4);
}

function scrollLanes(by) {
  view.scroll = Math.min(Math.max(0, view.scroll + by), layout.hiddenHeight);
  arrange();
  changed();
}

function laneAt(y) {
  if (y < layout.faultsBottom) return -1;
  return layout.lanes.findIndex(lane => y >= lane.top && y < lane.top + lane.height);
}

/** Sets the cursor to an event and shows everything about it. */
function choose(chosen, options = {}) {
  view.chosen = chosen;
  if (chosen && chosen.type === 'event') {
    view.cursor = { time: events.at[chosen.i], event: chosen.i };
    if (options.reveal !== false) reveal(events.at[chosen.i]);
  } else if (chosen && chosen.type === 'message') {
    setCursor(messages.sent[chosen.i]);
    if (options.reveal !== false) reveal(messages.sent[chosen.i]);
  }
  changed();
}

function setCursor(time) {
  const within = Math.min(Math.max(time, 0), end);
  view.cursor = { time: within, event: Math.max(0, lastEventAt(within)) };
  changed();
}

/** All evidence of the first violation in one window, its last event chosen; once more: from close by. */
function jump() {
  if (!violation) return;
  const seen = violation.evidence.filter(i => i < events.count);
  const last = seen.length ? seen[seen.length - 1] : lastEventAt(violation.at);
  const first = seen.length ? events.at[seen[0]] : violation.at;
  const length = Math.max(violation.at - first, 60000);
  const until = Math.max(violation.at, events.at[last]);
  const wide = [first - length * 0.12, until + length * 0.12];
  const before = [view.from, view.to];
  look(...wide);
  if (before[0] === view.from && before[1] === view.to) look(until - 130000, until + 20000);
  choose({ type: 'event', i: last });
}

let frame = 0;
const onChange = [];
/** Something is to be shown anew: once, before the next picture. */
function changed() {
  if (!frame) frame = requestAnimationFrame(() => { frame = 0; onChange.forEach(show => show()); });
}
