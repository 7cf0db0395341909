// The lanes on their canvas: what is in the window, and no more of it than there are pixels.

const ARROWS_MAX = 2500;
const context = lanesCanvas.getContext('2d');
const FONT = '11px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif';
const SMALL = '10px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif';
let colours = {}, patterns = {};

/** How each kind of message is drawn: colour, dashes, width. */
const STROKES = {
  election: ['--m-election', [2, 3], 1.2], sync: ['--m-sync', [7, 3, 2, 3], 1.3], proposal: ['--m-proposal', [], 1.4],
  ack: ['--m-ack', [5, 3], 1.1], commit: ['--m-commit', [], 2.2], forward: ['--m-forward', [9, 3], 1.2],
  client: ['--m-client', [], 0.8], watch: ['--m-watch', [3, 2], 1.2], ping: ['--m-ping', [1, 3], 0.9],
  connection: ['--m-connection', [1, 2], 0.9],
};

/** Reads the theme's colours: the browser resolves them, the canvas cannot. */
function readColours() {
  const probe = document.createElement('span');
  document.body.append(probe);
  const names = ['ground', 'panel', 'ink', 'soft', 'line', 'faint', 'wrong', 'wrong-ground', 'chosen', 'focus', 'fault',
    'good', 'read', 'write', 'watch', ...[0, 1, 2, 3, 4, 5].map(i => 'epoch-' + i),
    ...Object.keys(STROKES).map(kind => 'm-' + kind)];
  colours = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    colours['--' + name] = getComputedStyle(probe).color;
  }
  probe.remove();
  patterns = {};
}

/** Lines across a patch: the second sign beside a colour. */
function hatch(name, colour, slope) {
  const key = name + colour + slope;
  if (patterns[key]) return patterns[key];
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const on = tile.getContext('2d');
  on.strokeStyle = colour;
  on.lineWidth = 1.2;
  on.beginPath();
  const lines = { up: [[0, 8, 8, 0], [-2, 2, 2, -2], [6, 10, 10, 6]], down: [[0, 0, 8, 8], [-2, 6, 2, 10], [6, -2, 10, 2]],
    upright: [[2, 0, 2, 8], [6, 0, 6, 8]], level: [[0, 2, 8, 2], [0, 6, 8, 6]] };
  const wanted = slope === 'cross' ? [...lines.up, ...lines.down] : lines[slope];
  for (const [a, b, c, d] of wanted) { on.moveTo(a, b); on.lineTo(c, d); }
  on.stroke();
  return patterns[key] = context.createPattern(tile, 'repeat');
}

function epochColour(epoch) { return colours['--epoch-' + (epoch === 0 ? 0 : 1 + (epoch - 1) % 5)]; }

function fitCanvas(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  const on = canvas.getContext('2d');
  on.setTransform(scale, 0, 0, scale, 0, 0);
  return { on, width, height };
}

function drawLanes() {
  const begun = performance.now();
  const { width, height } = fitCanvas(lanesCanvas);
  view.width = width; view.height = height;
  arrange();
  const c = context;
  c.fillStyle = colours['--ground'];
  c.fillRect(0, 0, width, height);
  drawAxis(c);
  c.save();
  c.beginPath();
  c.rect(0, layout.faultsBottom, width, height);
  c.clip();
  drawBands(c);
  layout.lanes.forEach((lane, i) => {
    if (lane.top > height || lane.top + lane.height < layout.faultsBottom) return;
    i < serverCount ? drawServer(c, lane, i) : drawClient(c, lane, clients[i - serverCount], i);
  });
  const arrows = drawMessages(c);
  layout.lanes.forEach((lane, i) => drawMarks(c, lane, i));
  given.servers.forEach((_, server) => drawRoleWords(c, layout.lanes[server], server));
  drawEvidence(c);
  c.restore();
  drawFaults(c);
  drawLines(c);
  drawGutter(c);
  lanesCanvas.dataset.arrows = arrows.drawn;
  lanesCanvas.dataset.frame = (performance.now() - begun).toFixed(1);
  showNote(arrows);
}

function clampX(x) { return Math.min(Math.max(x, GUTTER), view.width); }

/** A stretch of time as pixels within the lanes; null when it is not in the window. */
function stretch(from, to) {
  if (to < view.from || from > view.to) return null;
  const a = clampX(xOf(from)), b = clampX(xOf(to));
  return { x: a, w: Math.max(b - a, 1) };
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 6e7, 1.2e8, 3e8, 6e8];

function drawAxis(c) {
  const wanted = (view.to - view.from) / ((view.width - GUTTER) / 95);
  const every = STEPS.find(it => it >= wanted) || 1.2e9;
  const digits = every >= 1e6 ? 0 : every >= 1e5 ? 1 : every >= 1e4 ? 2 : every >= 1e3 ? 3 : every >= 100 ? 4 : 6;
  c.font = FONT; c.textBaseline = 'middle'; c.textAlign = 'center';
  c.lineWidth = 1;
  for (let at = Math.ceil(Math.max(0, view.from) / every) * every; at <= Math.min(view.to, end); at += every) {
    const x = Math.round(xOf(at)) + 0.5;
    c.strokeStyle = colours['--faint'];
    c.beginPath(); c.moveTo(x, AXIS); c.lineTo(x, view.height); c.stroke();
    c.fillStyle = colours['--soft'];
    c.fillText(timeText(at, digits), x, 9);
  }
  drawPhases(c);
}

/** The phases of the run, as a thin line of words under the times. */
function drawPhases(c) {
  c.font = SMALL; c.textAlign = 'left';
  given.phases.forEach((phase, i) => {
    const next = given.phases[i + 1];
    const at = stretch(phase.at, next ? next.at : end);
    if (!at) return;
    c.fillStyle = i % 2 ? colours['--line'] : colours['--faint'];
    c.fillRect(at.x, AXIS - 7, at.w, 7);
    c.strokeStyle = colours['--soft'];
    c.beginPath(); c.moveTo(at.x + 0.5, AXIS - 7); c.lineTo(at.x + 0.5, AXIS); c.stroke();
    if (at.w > 34) { c.fillStyle = colours['--soft']; c.fillText(phase.name, at.x + 4, AXIS - 3); }
  });
}

/** Faults as bands over all lanes. */
function drawBands(c) {
  for (const fault of given.faults) {
    const at = stretch(fault.from, fault.to);
    if (!at) continue;
    c.globalAlpha = 0.10;
    c.fillStyle = colours['--fault'];
    c.fillRect(at.x, layout.faultsBottom, at.w, view.height);
    c.globalAlpha = 0.13;
    c.fillStyle = hatch('band', colours['--fault'], 'up');
    c.fillRect(at.x, layout.faultsBottom, at.w, view.height);
    c.globalAlpha = 0.5;
    c.strokeStyle = colours['--fault']; c.setLineDash([3, 4]); c.lineWidth = 1;
    c.beginPath();
    for (const x of [xOf(fault.from), xOf(fault.to)]) if (x > GUTTER) { c.moveTo(x, layout.faultsBottom); c.lineTo(x, view.height); }
    c.stroke();
    c.setLineDash([]); c.globalAlpha = 1;
  }
}

function drawFaults(c) {
  c.fillStyle = colours['--ground'];
  c.fillRect(0, AXIS + 1, view.width, layout.faultsBottom - AXIS - 1);
  c.font = FONT; c.textBaseline = 'middle'; c.textAlign = 'left';
  for (const fault of given.faults) {
    const at = stretch(fault.from, fault.to);
    if (!at) continue;
    const y = AXIS + 4 + fault.row * layout.faultRow;
    c.fillStyle = colours['--fault'];
    c.globalAlpha = 0.32; c.fillRect(at.x, y, at.w, layout.faultRow - 2); c.globalAlpha = 1;
    c.strokeStyle = colours['--fault']; c.lineWidth = 1;
    c.strokeRect(at.x + 0.5, y + 0.5, Math.max(at.w - 1, 1), layout.faultRow - 3);
    c.fillStyle = colours['--ink'];
    clipText(c, fault.name + (fault.nodes.length ? ' ' + fault.nodes.join(' ') : ''), at.x + 4, y + 7, at.w - 6);
  }
}

/** Text that ends where its room ends; nothing where it would say nothing. */
function fitted(c, text, room) {
  if (room < 14) return '';
  const width = c.measureText(text).width;
  if (width <= room) return text;
  const letters = Math.floor(text.length * (room - 6) / width);
  return letters < 2 ? '' : text.slice(0, letters) + '…';
}

function clipText(c, text, x, y, room) {
  const fits = fitted(c, text, room);
  if (fits) c.fillText(fits, x, y);
}

const ROLE_WORDS = ['down', 'LOOKING', 'FOLLOWING', 'LEADING', 'OBSERVING'];

function roleText(it) {
  return ROLE_WORDS[it.role] + (it.leader >= 0 ? ' ' + nodes[it.leader] : '');
}

function laneGround(c, lane) {
  c.strokeStyle = colours['--line']; c.lineWidth = 1;
  c.beginPath(); c.moveTo(0, lane.top + lane.height - 0.5); c.lineTo(view.width, lane.top + lane.height - 0.5); c.stroke();
}

/** Where a server's bar lies in its lane. */
function barOf(lane) {
  const height = Math.max(12, Math.min(22, lane.height - 18));
  return { y: lane.middle - height / 2 - 1, height };
}

function drawServer(c, lane, server) {
  laneGround(c, lane);
  const bar = barOf(lane);
  c.font = FONT; c.textBaseline = 'middle'; c.textAlign = 'left';
  let lastX = -1;
  for (const span of roleSpans[server]) {
    const at = stretch(span.from, span.to);
    if (!at || (at.w <= 1 && Math.round(at.x) === lastX)) continue;
    lastX = Math.round(at.x);
    drawRole(c, span, at, bar);
  }
  for (const trouble of given.troubles) {
    if (trouble.node !== lane.name) continue;
    const at = stretch(trouble.from, trouble.to);
    if (at) drawTrouble(c, trouble, at, lane, bar);
  }
}

function drawRole(c, span, at, bar) {
  const colour = epochColour(span.epoch);
  if (span.role === DOWN) {
    c.strokeStyle = colours['--soft']; c.lineWidth = 1; c.setLineDash([2, 3]);
    c.strokeRect(at.x + 0.5, bar.y + 0.5, at.w - 1, bar.height - 1);
    c.setLineDash([]);
    return;
  }
  const served = span.serving || span.role === LOOKING;
  const y = served ? bar.y : bar.y + bar.height * 0.25, height = served ? bar.height : bar.height * 0.5;
  if (span.role === LEADING) {
    c.fillStyle = colour; c.fillRect(at.x, y, at.w, height);
  } else if (span.role === FOLLOWING || span.role === OBSERVING) {
    c.globalAlpha = span.role === FOLLOWING ? 0.28 : 0.15; c.fillStyle = colour; c.fillRect(at.x, y, at.w, height); c.globalAlpha = 1;
    c.fillStyle = span.role === FOLLOWING ? colour : hatch('observing', colour, 'upright'); c.fillRect(at.x, y + height - 2, at.w, 2);
  } else {
    c.globalAlpha = 0.7; c.fillStyle = hatch('looking', colour, 'down'); c.fillRect(at.x, y, at.w, height); c.globalAlpha = 1;
  }
  c.fillStyle = colours['--ground'];
  if (at.x > GUTTER) c.fillRect(at.x, y, 1, height);
}

/** The words on a server's bar, over the arrows. */
function drawRoleWords(c, lane, server) {
  const bar = barOf(lane);
  c.textBaseline = 'middle'; c.textAlign = 'left'; c.lineJoin = 'round';
  for (const span of roleSpans[server]) {
    const at = span.role === DOWN ? null : stretch(span.from, span.to);
    if (!at || at.w < 24) continue;
    const served = span.serving || span.role === LOOKING;
    const leads = span.role === LEADING;
    c.font = (leads ? '600 ' : '') + FONT;
    const words = roleText(span) + ' · e' + span.epoch + (served ? '' : ' · not serving');
    c.strokeStyle = leads ? epochColour(span.epoch) : colours['--ground'];
    c.fillStyle = leads ? colours['--ground'] : colours['--ink'];
    c.lineWidth = 3;
    haloText(c, words, at.x + 5, bar.y + bar.height / 2 + 0.5, at.w - 8);
  }
  c.font = FONT;
}

/** Text that can be read over lines. */
function haloText(c, text, x, y, room) {
  const fits = fitted(c, text, room);
  if (!fits) return;
  c.globalAlpha = 0.85; c.strokeText(fits, x, y); c.globalAlpha = 1;
  c.fillText(fits, x, y);
}

/** Crash, pause, slow disk, wrong clocks, cuts: each its own pattern and place. */
function drawTrouble(c, trouble, at, lane, bar) {
  const ink = colours['--ink'], soft = colours['--soft'];
  const under = bar.y + bar.height + 3;
  c.font = SMALL;
  switch (trouble.what) {
    case 'down':
      c.globalAlpha = 0.45; c.fillStyle = hatch('down', soft, 'cross'); c.fillRect(at.x, bar.y, at.w, bar.height); c.globalAlpha = 1;
      label(c, '✕ ' + trouble.words, at, bar.y + bar.height / 2); break;
    case 'paused':
      c.globalAlpha = 0.6; c.fillStyle = hatch('paused', ink, 'upright'); c.fillRect(at.x, bar.y, at.w, bar.height); c.globalAlpha = 1;
      label(c, '‖ ' + trouble.words, at, bar.y + bar.height / 2); break;
    case 'slow_disk':
      c.fillStyle = hatch('disk', soft, 'level'); c.fillRect(at.x, under, at.w, 5); c.fillStyle = soft;
      if (lane.height > 40) clipText(c, trouble.words, at.x + 4, under + 9, at.w - 6);
      break;
    case 'skewed':
      c.strokeStyle = soft; c.lineWidth = 1.2; c.beginPath();
      for (let x = at.x; x < at.x + at.w; x += 6) { c.moveTo(x, under + 4); c.lineTo(Math.min(x + 3, at.x + at.w), under); c.lineTo(Math.min(x + 6, at.x + at.w), under + 4); }
      c.stroke(); break;
    default:
      c.strokeStyle = colours['--fault']; c.lineWidth = 2; c.setLineDash(trouble.what === 'cut' ? [6, 4] : [2, 2]);
      c.beginPath(); c.moveTo(at.x, bar.y - 4); c.lineTo(at.x + at.w, bar.y - 4); c.stroke(); c.setLineDash([]);
      c.fillStyle = soft;
      if (lane.height > 40 && !trouble.quiet) clipText(c, trouble.words, at.x + 4, bar.y - 10, at.w - 6);
  }
  c.font = FONT;
}

/** Words on a pattern, on a ground of their own. */
function label(c, words, at, y) {
  const width = c.measureText(words).width;
  if (width + 10 > at.w) return;
  c.fillStyle = colours['--ground']; c.fillRect(at.x + 3, y - 7, width + 6, 14);
  c.fillStyle = colours['--ink']; c.fillText(words, at.x + 6, y);
}

function opY(lane, client, op) {
  const room = lane.height - 22;
  return lane.top + 15 + (client.rows === 1 ? room / 2 : op.row * room / (client.rows - 1 || 1));
}

function drawClient(c, lane, client, node) {
  laneGround(c, lane);
  c.font = SMALL; c.textBaseline = 'middle'; c.textAlign = 'left';
  for (const session of client.sessions) {
    const at = stretch(session.from, session.to);
    if (!at) continue;
    c.fillStyle = colours['--soft']; c.fillRect(at.x, lane.top + 6, at.w, 1.5);
    const x = xOf(session.to);
    if (session.how && x > GUTTER && x <= view.width) endMark(c, x, lane.top + 6.5, session.how);
  }
  for (const it of client.connections) {
    const at = stretch(it.from, it.to);
    if (!at) continue;
    c.fillStyle = colours['--line']; c.fillRect(at.x, lane.top + 2, at.w, 10);
    c.fillStyle = colours['--soft']; c.fillRect(at.x, lane.top + 2, 1, 10);
    c.fillStyle = colours['--ink'];
    clipText(c, it.name, at.x + 4, lane.top + 7.5, at.w - 5);
  }
  drawWatches(c, lane, client);
  drawOps(c, lane, client);
}

/** How a session ended: closed is a bar, everything else a cross. */
function endMark(c, x, y, how) {
  c.strokeStyle = colours['--ink']; c.lineWidth = 1.5;
  c.beginPath();
  if (how === 'closed') { c.moveTo(x, y - 5); c.lineTo(x, y + 5); }
  else { c.moveTo(x - 4, y - 4); c.lineTo(x + 4, y + 4); c.moveTo(x - 4, y + 4); c.lineTo(x + 4, y - 4); }
  c.stroke();
}

function drawWatches(c, lane, client) {
  const y = lane.top + lane.height - 5;
  c.strokeStyle = colours['--watch']; c.fillStyle = colours['--watch']; c.lineWidth = 1.2;
  for (const watch of client.watches) {
    const at = stretch(watch.from, watch.to);
    if (!at) continue;
    if (filter.active && !filter.matches[watch.armed]) c.globalAlpha = 0.2;
    c.setLineDash([1, 3]);
    c.beginPath(); c.moveTo(at.x, y); c.lineTo(at.x + at.w, y); c.stroke();
    c.setLineDash([]);
    const x = xOf(watch.to);
    if (x > GUTTER && x < view.width) {
      c.beginPath();
      if (watch.fired >= 0) { c.moveTo(x - 4, y + 3.5); c.lineTo(x + 4, y + 3.5); c.lineTo(x, y - 4.5); c.closePath(); c.fill(); }
      else { c.moveTo(x - 3, y - 3); c.lineTo(x + 3, y + 3); c.moveTo(x - 3, y + 3); c.lineTo(x + 3, y - 3); c.stroke(); }
    }
    c.globalAlpha = 1;
  }
}

/** Requests: a bar from request to answer, a sign at its end for what became of it. */
function drawOps(c, lane, client) {
  const first = lowerBound(client.from, view.from - client.longest);
  let lastX = -10, lastRow = -1;
  for (let i = first; i < client.ops.length && client.from[i] <= view.to; i++) {
    const op = client.ops[i];
    if (op.to < view.from) continue;
    const x = xOf(op.from), w = xOf(op.to) - x;
    if (w < 2 && x - lastX < 1.5 && op.row === lastRow && !isEvidence.has(op.answer)) continue;
    lastX = x; lastRow = op.row;
    const holds = !filter.active || filter.matches[op.invoke] || (op.answer >= 0 && filter.matches[op.answer]);
    c.globalAlpha = holds ? 1 : 0.16;
    drawOp(c, op, opY(lane, client, op));
    c.globalAlpha = 1;
  }
}

function drawOp(c, op, y) {
  const a = clampX(xOf(op.from)), b = clampX(xOf(op.to));
  const colour = colours[op.reads ? '--read' : '--write'];
  c.strokeStyle = colour; c.fillStyle = colour;
  c.lineWidth = op.reads ? 1.2 : 3;
  if (op.fate >= 2) c.setLineDash([4, 3]);
  c.beginPath(); c.moveTo(a, y); c.lineTo(Math.max(b, a + 1), y); c.stroke();
  c.setLineDash([]);
  c.lineWidth = 1.4;
  if (xOf(op.from) > GUTTER) { c.beginPath(); c.moveTo(a, y - 4); c.lineTo(a, y + 4); c.stroke(); }
  if (op.answer >= 0 && xOf(op.to) <= view.width && xOf(op.to) > GUTTER) fateMark(c, b, y, op.fate);
  if (b - a > 70) {
    c.fillStyle = colours['--ink']; c.font = SMALL;
    const zxid = op.answer >= 0 && events.zxid[op.answer] >= 0 ? ' · ' + texts[events.zxid[op.answer]] : '';
    clipText(c, op.words + zxid, a + 4, y - 7, b - a - 8);
  }
}

function fateMark(c, x, y, fate) {
  c.beginPath();
  if (fate === 0) { c.arc(x, y, 3, 0, 7); c.fill(); }
  else if (fate === 1) { c.moveTo(x, y - 4); c.lineTo(x + 4, y); c.lineTo(x, y + 4); c.lineTo(x - 4, y); c.closePath(); c.fillStyle = colours['--ground']; c.fill(); c.stroke(); }
  else { c.strokeStyle = colours['--ink']; c.moveTo(x - 3.5, y - 3.5); c.lineTo(x + 3.5, y + 3.5); c.moveTo(x - 3.5, y + 3.5); c.lineTo(x + 3.5, y - 3.5); c.stroke(); }
}

/** Where an event lies: a server's on its bar, a client's at its request or on top of its lane. */
function placeOf(i) {
  const node = events.node[i];
  const x = xOf(events.at[i]);
  if (node < 0) return { x, y: AXIS + 4 + layout.faultRow / 2 };
  const lane = layout.lanes[node];
  if (node < serverCount) return { x, y: lane.middle - 1 };
  const kind = given.kinds[events.kind[i]];
  if (kind === 'watch') return { x, y: lane.top + lane.height - 5 };
  if (kind === 'request' || kind === 'answer') {
    const client = clients[node - serverCount];
    const invoke = kind === 'request' ? i : partner.get(i);
    const from = lowerBound(client.from, events.at[invoke === undefined ? i : invoke]);
    for (let k = from; k < client.ops.length && client.from[k] === client.from[from]; k++) {
      if (client.ops[k].invoke === invoke) return { x, y: opY(lane, client, client.ops[k]) };
    }
  }
  return { x, y: lane.top + 7 };
}

/** What servers say of themselves, as small signs on their bars, when there is room for them. */
function drawMarks(c, lane, node) {
  if (node >= serverCount) return;
  const list = eventsOf[node];
  const at = list.map ? lowerBoundOf(list, view.from) : 0;
  let last = -10;
  const bar = barOf(lane);
  for (let k = at; k < list.length; k++) {
    const i = list[k];
    if (events.at[i] > view.to) break;
    const x = xOf(events.at[i]);
    const kind = given.kinds[events.kind[i]];
    const holds = filter.active && filter.matches[i];
    if (x - last < 1.5 && !holds) continue;
    last = x;
    c.globalAlpha = filter.active ? (holds ? 1 : 0.12) : kind === 'touched' ? 0.25 : 0.75;
    serverMark(c, kind, x, bar, holds);
  }
  c.globalAlpha = 1;
}

/** As `lowerBound`, over places of events. */
function lowerBoundOf(list, time) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events.at[list[middle]] < time) low = middle + 1; else high = middle;
  }
  return low;
}

function serverMark(c, kind, x, bar, strong) {
  const base = bar.y + bar.height;
  c.strokeStyle = c.fillStyle = colours['--ink'];
  c.lineWidth = strong ? 2 : 1;
  c.beginPath();
  switch (kind) {
    case 'proposed': c.moveTo(x - 3, base + 7); c.lineTo(x + 3, base + 7); c.lineTo(x, base + 1); c.fill(); break;
    case 'committed': c.fillRect(x - 2, base + 2, 4, 4); break;
    case 'epoch': case 'role': case 'serving':
      c.moveTo(x, bar.y - 3); c.lineTo(x + 3, bar.y); c.lineTo(x, bar.y + 3); c.lineTo(x - 3, bar.y); c.closePath(); c.fill(); break;
    case 'applied': c.moveTo(x, base - 5); c.lineTo(x, base + 3); c.stroke(); break;
    case 'acked': c.moveTo(x, base); c.lineTo(x, base + 3); c.stroke(); break;
    default: c.moveTo(x, base); c.lineTo(x, base + 2); c.stroke();
  }
  if (strong) { c.strokeStyle = colours['--focus']; c.strokeRect(x - 4.5, bar.y - 1, 9, bar.height + 9); }
}

/** The evidence: rings, numbered in the order of the history, and joined. */
function drawEvidence(c) {
  if (!evidence.length) return;
  const places = evidence.map(placeOf);
  c.strokeStyle = colours['--wrong'];
  c.lineWidth = 1.3; c.setLineDash([5, 4]); c.globalAlpha = 0.8;
  c.beginPath();
  places.forEach((it, k) => { if (k) { const p = places[k - 1]; c.moveTo(p.x, p.y); c.bezierCurveTo((p.x + it.x) / 2, p.y - 24, (p.x + it.x) / 2, it.y - 24, it.x, it.y); } });
  c.stroke();
  c.setLineDash([]); c.globalAlpha = 1;
  c.font = '700 ' + SMALL; c.textAlign = 'center'; c.textBaseline = 'middle';
  const taken = [];
  places.forEach(({ x, y }, k) => {
    if (x < GUTTER - 12 || x > view.width + 12) return;
    const chosen = view.chosen && view.chosen.type === 'event' && view.chosen.i === evidence[k];
    c.lineWidth = chosen ? 3 : 2; c.strokeStyle = colours['--wrong'];
    c.beginPath(); c.arc(x, y, chosen ? 9 : 7, 0, 7); c.stroke();
    let bx = x + 12, by = y - 12;
    while (taken.some(t => Math.abs(t.x - bx) < 14 && Math.abs(t.y - by) < 12)) by -= 13;
    taken.push({ x: bx, y: by });
    c.fillStyle = colours['--wrong'];
    c.beginPath(); c.arc(bx, by, 6.5, 0, 7); c.fill();
    c.fillStyle = colours['--ground']; c.fillText(k + 1, bx, by + 0.5);
  });
  c.textAlign = 'left';
}

/** Violation, cursor, and where the mouse is. */
function drawLines(c) {
  for (const it of head.violations) {
    const x = xOf(it.at);
    if (x < GUTTER || x > view.width) continue;
    c.fillStyle = colours['--wrong'];
    c.fillRect(x - 1, AXIS - 8, 2, view.height);
    c.font = '600 ' + FONT; c.textBaseline = 'middle';
    const words = '▼ ' + it.checker, width = c.measureText(words).width + 10;
    const left = x + width > view.width ? x - width : x;
    c.fillRect(left, 0, width, 16);
    c.fillStyle = colours['--ground']; c.textAlign = 'left'; c.fillText(words, left + 5, 8.5);
  }
  const x = xOf(view.cursor.time);
  if (x >= GUTTER && x <= view.width) {
    c.strokeStyle = colours['--focus']; c.lineWidth = 1.5;
    c.beginPath(); c.moveTo(x, AXIS); c.lineTo(x, view.height); c.stroke();
    c.fillStyle = colours['--focus'];
    c.beginPath(); c.moveTo(x - 5, AXIS - 6); c.lineTo(x + 5, AXIS - 6); c.lineTo(x, AXIS + 2); c.fill();
  }
  if (view.hover !== null) {
    c.strokeStyle = colours['--soft']; c.lineWidth = 0.7; c.setLineDash([2, 3]);
    c.beginPath(); c.moveTo(view.hover.x, AXIS); c.lineTo(view.hover.x, view.height); c.stroke(); c.setLineDash([]);
  }
}

/** Names, and how everybody stands at the cursor. */
function drawGutter(c) {
  c.fillStyle = colours['--panel'];
  c.fillRect(0, 0, GUTTER, view.height);
  c.strokeStyle = colours['--line'];
  c.beginPath(); c.moveTo(GUTTER - 0.5, 0); c.lineTo(GUTTER - 0.5, view.height); c.stroke();
  c.save();
  c.beginPath(); c.rect(0, layout.faultsBottom, GUTTER, view.height); c.clip();
  const time = shownMoment().time, event = shownMoment().event;
  c.textAlign = 'left'; c.textBaseline = 'middle';
  const only = filter.terms.filter(term => term.field === 'node').flatMap(term => term.any);
  layout.lanes.forEach((lane, i) => {
    laneGround(c, lane);
    c.globalAlpha = only.length && !only.includes(lane.name) ? 0.4 : 1;
    c.font = '600 12px system-ui, "Liberation Sans", sans-serif'; c.fillStyle = colours['--ink'];
    const y = lane.height > 34 ? lane.middle - 8 : lane.middle;
    c.fillText(lane.name, 10, y);
    c.font = SMALL; c.fillStyle = colours['--soft'];
    const [beside, below] = i < serverCount ? serverWords(i, event) : clientWords(clients[i - serverCount], time);
    clipText(c, beside, 34, y, GUTTER - 38);
    if (lane.height > 34) clipText(c, below, 10, lane.middle + 8, GUTTER - 16);
    c.globalAlpha = 1;
  });
  c.restore();
  c.font = SMALL; c.fillStyle = colours['--soft'];
  c.fillText('time, phases', 10, 12);
  c.fillText('faults', 10, AXIS + 12);
}

function serverWords(server, event) {
  const it = standing(server, event);
  return [roleText(it), `epoch ${it.epoch} · ${it.zxid}`];
}

function clientWords(client, time) {
  const now = it => it.from <= time && (time < it.to || it.to === end);
  const at = client.connections.find(now), session = client.sessions.find(now);
  return [at ? '→ ' + at.name : session ? 'no connection' : 'no session', session ? session.session : ''];
}

/** The moment that tables show: under the mouse, or else at the cursor. */
function shownMoment() {
  if (view.hover) return { time: view.hover.time, event: Math.max(0, lastEventAt(view.hover.time)) };
  return view.cursor;
}

/** Arrows of the messages in the window. Too many are left out, but never lost and late ones. */
function drawMessages(c) {
  const inView = messagesInView();
  const some = inView.length > ARROWS_MAX;
  const shown = some ? inView.filter(i => messages.fate[i] !== LANDED) : inView;
  const byKind = new Map();
  for (const i of shown.slice(0, 2 * ARROWS_MAX)) {
    if (!byKind.has(messages.kind[i])) byKind.set(messages.kind[i], []);
    byKind.get(messages.kind[i]).push(i);
  }
  const strong = Math.max(0.3, Math.min(0.9, 0.9 - (shown.length - 150) / 1500)), dim = 0.1;
  for (const [kind, list] of byKind) {
    const [colour, dash, width] = STROKES[messages.kinds[kind]] || STROKES.client;
    for (const part of [false, true]) {
      const wanted = list.filter(i => part === (!filter.active || messageHolds(i)));
      if (!wanted.length) continue;
      c.globalAlpha = part ? strong : dim;
      drawArrows(c, wanted, { colour: colours[colour], dash, width });
    }
  }
  c.globalAlpha = 1; c.setLineDash([]);
  if (view.chosen && view.chosen.type === 'message') {
    drawArrows(c, [view.chosen.i], { colour: colours['--focus'], dash: [], width: 3 });
  }
  return { drawn: shown.length, inView: inView.length, left: some ? inView.length - shown.length : 0 };
}

function messagesInView() {
  const list = [];
  const take = i => {
    if (messages.arrives[i] < view.from || messages.sent[i] > view.to) return;
    if (!view.hidden.has(messages.kinds[messages.kind[i]])) list.push(i);
  };
  for (const i of messages.long) take(i);
  for (let i = lowerBound(messages.sent, view.from - LONG); i < messages.count && messages.sent[i] <= view.to; i++) {
    if (messages.arrives[i] - messages.sent[i] <= LONG) take(i);
  }
  return list;
}

/** From where to where an arrow goes. One that never arrives stops short of its lane. */
function arrowOf(i) {
  const a = layout.lanes[messages.from[i]], b = layout.lanes[messages.to[i]];
  const x1 = xOf(messages.sent[i]), y1 = a.middle - 1;
  const fate = messages.fate[i];
  let x2 = xOf(messages.arrives[i]), y2 = b.middle - 1;
  if (fate === UNDER_WAY) x2 = Math.min(x2, Math.max(x1 + 14, xOf(messages.sent[i] + 8000)));
  if (fate >= LOST) { const part = fate === LOST ? 0.7 : 0.4; x2 = x1 + (x2 - x1) * part; y2 = y1 + (y2 - y1) * part; }
  return { x1, y1, x2, y2, fate };
}

function drawArrows(c, list, { colour, dash, width }) {
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = width; c.setLineDash(dash);
  c.beginPath();
  const arrows = list.map(arrowOf);
  for (const { x1, y1, x2, y2 } of arrows) { c.moveTo(x1, y1); c.lineTo(x2, y2); }
  c.stroke();
  c.setLineDash([]);
  const heads = new Path2D(), crosses = new Path2D(), rings = new Path2D();
  arrows.forEach(({ x1, y1, x2, y2, fate }) => {
    if (fate === UNDER_WAY) { rings.moveTo(x2 + 2.5, y2); rings.arc(x2, y2, 2.5, 0, 7); return; }
    if (fate === LOST) { crosses.moveTo(x2 - 4, y2 - 4); crosses.lineTo(x2 + 4, y2 + 4); crosses.moveTo(x2 - 4, y2 + 4); crosses.lineTo(x2 + 4, y2 - 4); return; }
    const angle = Math.atan2(y2 - y1, x2 - x1);
    heads.moveTo(x2, y2);
    heads.lineTo(x2 - 7 * Math.cos(angle - 0.4), y2 - 7 * Math.sin(angle - 0.4));
    heads.lineTo(x2 - 7 * Math.cos(angle + 0.4), y2 - 7 * Math.sin(angle + 0.4));
    heads.closePath();
    if (fate === LATE) { rings.moveTo(x2 + 5, y2); rings.arc(x2, y2, 5, 0, 7); }
  });
  c.fill(heads);
  c.strokeStyle = colours['--ink'];
  c.lineWidth = 1.2; c.stroke(rings);
  c.lineWidth = 2; c.stroke(crosses);
}

/** The whole run below: faults, epochs, matches, evidence, and where the window is. */
function drawWhole() {
  const { on: c, width, height } = fitCanvas(wholeCanvas);
  const x = time => GUTTER + time / end * (width - GUTTER - 12);
  c.fillStyle = colours['--panel']; c.fillRect(0, 0, width, height);
  for (const fault of given.faults) {
    c.globalAlpha = 0.3; c.fillStyle = colours['--fault'];
    c.fillRect(x(fault.from), 4, Math.max(1, x(fault.to) - x(fault.from)), height - 8);
  }
  c.globalAlpha = 1;
  const row = Math.min(6, (height - 14) / Math.max(1, serverCount));
  roleSpans.forEach((spans, server) => spans.forEach(span => {
    if (span.role < FOLLOWING) return;
    c.globalAlpha = span.role === LEADING ? 1 : 0.4;
    c.fillStyle = epochColour(span.epoch);
    c.fillRect(x(span.from), 7 + server * row, Math.max(1, x(span.to) - x(span.from)), Math.max(1, row - 1));
  }));
  c.globalAlpha = 1;
  if (filter.active) drawMatches(c, x, height);
  c.fillStyle = colours['--wrong'];
  for (const i of evidence) c.fillRect(x(events.at[i]) - 0.75, 2, 1.5, height - 4);
  for (const it of head.violations) { c.beginPath(); c.moveTo(x(it.at) - 5, 0); c.lineTo(x(it.at) + 5, 0); c.lineTo(x(it.at), 8); c.fill(); }
  const a = Math.max(x(view.from), GUTTER - 4), b = Math.min(x(view.to), width - 6);
  c.strokeStyle = colours['--focus']; c.lineWidth = 1.5;
  c.strokeRect(a, 2, Math.max(b - a, 3), height - 4);
  c.globalAlpha = 0.1; c.fillStyle = colours['--focus']; c.fillRect(a, 2, Math.max(b - a, 3), height - 4); c.globalAlpha = 1;
  c.fillStyle = colours['--soft']; c.font = SMALL; c.textBaseline = 'middle';
  c.fillText('the whole run', 10, 14); c.fillText(timeText(end, 1), 10, 28);
}

/** Where the matches of a search are, a tick for each pixel that has one. */
function drawMatches(c, x, height) {
  c.fillStyle = colours['--ink'];
  let last = -1;
  for (const i of filter.list) {
    const at = Math.round(x(events.at[i]));
    if (at !== last) c.fillRect(last = at, height - 7, 1, 5);
  }
}
