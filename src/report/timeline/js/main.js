// Mouse, keys, the fragment that names a moment, and the beginning.

function setQuery(text) {
  byId('query').value = text;
  applyQuery(text);
}

/** What lies nearest to a point: evidence before events, events before arrows. */
function hit(x, y) {
  if (x < GUTTER) return null;
  if (y < layout.faultsBottom) {
    const i = given.faults.findIndex(it => xOf(it.from) - 2 <= x && x <= xOf(it.to) + 2 && Math.abs(AXIS + 4 + it.row * layout.faultRow + 7 - y) < 8);
    return i < 0 ? null : { type: 'fault', i };
  }
  let best = null, least = 9;
  const consider = (i, favour) => {
    const at = placeOf(i);
    const distance = Math.hypot(at.x - x, (at.y - y) / (events.node[i] < serverCount ? 2.5 : 1)) - favour;
    if (distance < least) { least = distance; best = { type: 'event', i }; }
  };
  evidence.forEach(i => consider(i, 3));
  const node = laneAt(y);
  if (node >= 0) {
    const list = eventsOf[node], margin = 8 / (view.width - GUTTER) * (view.to - view.from);
    const time = timeOf(x);
    let looked = 0;
    for (let k = lowerBoundOf(list, time - margin); k < list.length && events.at[list[k]] <= time + margin && looked++ < 400; k++) consider(list[k], 0);
  }
  if (best && least < 5) return best;
  return hitArrow(x, y) || best || hitOp(x, y, node);
}

function hitOp(x, y, node) {
  if (node < serverCount || node < 0) return null;
  const client = clients[node - serverCount], time = timeOf(x);
  for (let k = lowerBound(client.from, time - client.longest); k < client.ops.length && client.from[k] <= time; k++) {
    const op = client.ops[k];
    if (op.to >= time && Math.abs(opY(layout.lanes[node], client, op) - y) < 8) return { type: 'event', i: op.invoke };
  }
  return null;
}

function hitArrow(x, y) {
  const list = messagesInView();
  if (list.length > ARROWS_MAX) return null;
  let best = null, least = 5;
  for (const i of list) {
    const { x1, y1, x2, y2 } = arrowOf(i);
    const length = (x2 - x1) ** 2 + (y2 - y1) ** 2 || 1;
    const along = Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
    const distance = Math.hypot(x1 + along * (x2 - x1) - x, y1 + along * (y2 - y1) - y);
    if (distance < least) { least = distance; best = { type: 'message', i }; }
  }
  return best;
}

function showTip(point, it) {
  const tip = byId('tip');
  tip.hidden = !it;
  if (!it) return;
  if (it.type === 'event') tip.replaceChildren(make('small', {}, `${eventName(it.i)} ${timeText(events.at[it.i], 6)} · event ${it.i}`), make('br'), texts[events.words[it.i]]);
  else if (it.type === 'message') tip.replaceChildren(make('small', {}, `${nodes[messages.from[it.i]]} → ${nodes[messages.to[it.i]]} · ${FATES[messages.fate[it.i]]}${messages.fate[it.i] <= LATE ? ' after ' + lengthText(messages.arrives[it.i] - messages.sent[it.i]) : ''}`), make('br'), texts[messages.words[it.i]]);
  else tip.replaceChildren(given.faults[it.i].name + ' ' + given.faults[it.i].nodes.join(' '));
  const box = lanesCanvas.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(point.x + 14, box.width - tip.offsetWidth - 6)) + 'px';
  tip.style.top = Math.max(4, Math.min(point.y + 16, box.height - tip.offsetHeight - 6)) + 'px';
}

function pointOf(event, canvas = lanesCanvas) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

let drag = null;
lanesCanvas.onpointerdown = event => {
  const point = pointOf(event);
  drag = { ...point, from: view.from, to: view.to, scroll: view.scroll, moved: false, zooms: event.shiftKey };
  lanesCanvas.setPointerCapture(event.pointerId);
};
lanesCanvas.onpointermove = event => {
  const point = pointOf(event);
  if (drag) {
    drag.moved = drag.moved || Math.hypot(point.x - drag.x, point.y - drag.y) > 3;
    if (!drag.moved || drag.zooms) return;
    lanesCanvas.classList.add('dragged');
    showTip(point, null);
    const by = (drag.x - point.x) / (view.width - GUTTER) * (drag.to - drag.from);
    view.scroll = Math.min(Math.max(0, drag.scroll + drag.y - point.y), layout.hiddenHeight);
    look(drag.from + by, drag.to + by);
    return;
  }
  view.hover = point.x > GUTTER ? { ...point, time: Math.min(Math.max(timeOf(point.x), 0), end) } : null;
  showTip(point, hit(point.x, point.y));
  changed();
};
lanesCanvas.onpointerup = event => {
  const point = pointOf(event), was = drag;
  drag = null;
  lanesCanvas.classList.remove('dragged');
  if (!was) return;
  if (was.moved && was.zooms) return look(timeOf(Math.min(was.x, point.x)), timeOf(Math.max(was.x, point.x)));
  if (!was.moved) click(point);
};
lanesCanvas.onpointercancel = () => { drag = null; };
lanesCanvas.onpointerleave = () => { view.hover = null; byId('tip').hidden = true; changed(); };
lanesCanvas.ondblclick = event => zoom(0.4, timeOf(pointOf(event).x));

function click(point) {
  if (point.x < GUTTER) {
    const lane = laneAt(point.y);
    if (lane >= 0) setQuery(withField(view.query, 'node', fieldOf(view.query, 'node') === nodes[lane] ? '' : nodes[lane]));
    return;
  }
  const it = hit(point.x, point.y);
  if (it) choose(it, { reveal: false });
  else { view.chosen = null; setCursor(timeOf(point.x)); }
}

lanesCanvas.addEventListener('wheel', event => {
  event.preventDefault();
  if (event.altKey) return scrollLanes(event.deltaY);
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return pan((event.deltaX || event.deltaY) / 900);
  zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), timeOf(pointOf(event).x));
}, { passive: false });

let wholeDrag = false;
wholeCanvas.onpointerdown = event => { wholeDrag = true; wholeCanvas.setPointerCapture(event.pointerId); moveWindow(event); };
wholeCanvas.onpointermove = event => { if (wholeDrag) moveWindow(event); };
wholeCanvas.onpointerup = () => { wholeDrag = false; };
function moveWindow(event) {
  const box = wholeCanvas.getBoundingClientRect();
  const at = (event.clientX - box.left - GUTTER) / (box.width - GUTTER - 12) * end;
  const half = (view.to - view.from) / 2;
  look(at - half, at + half);
}

rows.onscroll = () => changed();
spread.onclick = event => {
  const row = event.target.closest('.row');
  if (row) choose({ type: 'event', i: Number(row.dataset.event) });
};

const nextEvidence = direction => {
  const at = lowerBound(evidence, direction > 0 ? view.cursor.event + 1 : view.cursor.event);
  const i = evidence[direction > 0 ? at : at - 1];
  if (i !== undefined) choose({ type: 'event', i });
};

const KEYS = {
  ArrowLeft: () => pan(-0.15), ArrowRight: () => pan(0.15), ArrowUp: () => scrollLanes(-40), ArrowDown: () => scrollLanes(40),
  a: () => pan(-0.15), d: () => pan(0.15), w: () => zoom(0.6, view.cursor.time), s: () => zoom(1 / 0.6, view.cursor.time),
  '+': () => zoom(0.6, view.cursor.time), '=': () => zoom(0.6, view.cursor.time), '-': () => zoom(1 / 0.6, view.cursor.time),
  '0': () => look(0, end), e: jump, '.': () => step(1), ',': () => step(-1), n: () => step(1), p: () => step(-1),
  '>': () => nextEvidence(1), '<': () => nextEvidence(-1), c: () => reveal(view.cursor.time),
  '/': () => byId('query').select(), '?': () => byId('help').showModal(),
  x: explain, t: () => nextTheme(), m: () => allMessages(),
  Escape: () => { if (view.chosen) { view.chosen = null; changed(); } else setQuery(''); },
};
document.addEventListener('keydown', event => {
  if (document.querySelector('dialog[open]') || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT)$/.test(event.target.tagName);
  if (typing) {
    if (event.key === 'Escape') event.target.blur();
    if (event.key === 'Enter' && event.target.id === 'query') step(event.shiftKey ? -1 : 1);
    return;
  }
  if (event.target.tagName === 'BUTTON' && (event.key === 'Enter' || event.key === ' ')) return;
  const act = KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});

/** Hides all messages, or shows the usual ones. */
function allMessages() {
  const usual = ['ping', 'connection'];
  const shown = SWITCHES.some(([kind]) => !view.hidden.has(kind));
  view.hidden = new Set(shown ? SWITCHES.map(([kind]) => kind) : usual);
  changed();
}

function nextTheme() {
  const root = document.documentElement;
  const order = [undefined, 'light', 'dark'];
  const next = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
  if (next) root.dataset.theme = next; else delete root.dataset.theme;
  themeChanged();
}

function themeChanged() {
  readColours();
  standingShown = '';
  changed();
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', themeChanged);

// The fragment: which moment, how much around it, what is selected and what is looked for.
let written = '';
function fragment() {
  const parts = { t: (view.cursor.time / 1e6).toFixed(6), from: (view.from / 1e6).toFixed(6), to: (view.to / 1e6).toFixed(6) };
  if (view.chosen) parts[view.chosen.type] = view.chosen.i;
  if (view.query) parts.q = view.query;
  const hidden = [...view.hidden].sort().join(',');
  if (hidden !== 'connection,ping') parts.hide = hidden;
  if (document.documentElement.dataset.theme) parts.theme = document.documentElement.dataset.theme;
  return '#' + new URLSearchParams(parts).toString();
}

let writer = 0;
function writeFragment() {
  clearTimeout(writer);
  writer = setTimeout(() => {
    const next = fragment();
    if (next !== written) { written = next; history.replaceState(null, '', next); }
  }, 150);
}

/** Goes to the moment that the fragment names; false where it names none. */
function readFragment() {
  if (location.hash.length < 2 || location.hash === written) return location.hash.length >= 2;
  const parts = new URLSearchParams(location.hash.slice(1));
  const number = name => (parts.has(name) && parts.get(name) !== '' && Number.isFinite(Number(parts.get(name))) ? Number(parts.get(name)) : null);
  if (parts.has('theme')) { document.documentElement.dataset.theme = parts.get('theme') === 'dark' ? 'dark' : 'light'; readColours(); }
  if (parts.has('hide')) view.hidden = new Set(parts.get('hide').split(',').filter(Boolean));
  setQuery(parts.get('q') || '');
  const time = number('t');
  if (number('from') !== null && number('to') > number('from')) look(number('from') * 1e6, number('to') * 1e6);
  else if (time !== null) look(time * 1e6 - 500000, time * 1e6 + 500000);
  view.chosen = null;
  if (time !== null) setCursor(time * 1e6);
  const counts = { event: events.count, message: messages.count, fault: given.faults.length };
  for (const type of Object.keys(counts)) {
    const i = number(type);
    if (i !== null && i >= 0 && i < counts[type]) choose({ type, i: Math.floor(i) }, { reveal: number('from') === null });
  }
  return time !== null || number('event') !== null || number('from') !== null;
}
addEventListener('hashchange', readFragment);
addEventListener('resize', changed);

function buildHelp() {
  const keys = [['← → or a d, drag', 'earlier, later'], ['+ − or w s, wheel', 'closer, farther'], ['shift and drag', 'zoom to this stretch'], ['0', 'the whole run'],
    ['e', 'jump to the first error'], ...(given.why ? [['x', 'why it fails']] : []), ['< >', 'evidence before, behind'], [', .', 'event before, behind (of those that match)'], ['c', 'back to the cursor'],
    ['/', 'search; Enter for the next match'], ['m', 'messages off, on'], ['↑ ↓, alt and wheel', 'lanes, when they do not fit'], ['t', 'light, dark'], ['Esc', 'select nothing, then: no filter']];
  const signs = [['solid bar', 'LEADING; the colour is the epoch'], ['light bar with a line', 'FOLLOWING'], ['the same, dotted', 'OBSERVING'], ['hatched bar', 'LOOKING'], ['half a bar', 'not serving clients'],
    ['crossed, dashed', 'down'], ['upright stripes ‖', 'stands still'], ['level stripes', 'slow disk'], ['zigzag', 'clocks are off'], ['dashed line above', 'cut off, or slow links'],
    ['▲ ■ | below a bar', 'proposes, commits, applies'], ['◆', 'role, epoch, serving'],
    ['thick, thin line of a client', 'a write, a read'], ['● ◇ ✕ at its end', 'done, refused, unknown'], ['dots and ▲', 'a watch, and when it spoke'],
    ['arrow that ends in ✕', 'a lost message'], ['arrow with a ring', 'a late message'], ['numbered rings', 'the evidence']];
  const list = pairs => make('dl', {}, ...pairs.flatMap(([term, words]) => [make('dt', {}, term), make('dd', {}, words)]));
  const dialog = byId('help');
  dialog.append(make('div', { class: 'two' }, make('div', {}, make('h2', {}, 'Keys and mouse'), list(keys)), make('div', {}, make('h2', {}, 'Signs'), list(signs))),
    make('h2', {}, 'Search'),
    make('p', {}, 'Words, and fields that all have to hold: ', ...['node:s1,c2', 'session:0x1a', 'znode:/lock', 'kind:applied,acked', 'zxid:2:1'].flatMap(it => [make('kbd', {}, it), ' ']),
      'What does not match fades. The address in the browser always names this moment, selection and search: copy it.'),
    make('form', { method: 'dialog' }, make('button', {}, 'close')));
  dialog.onclick = event => { if (event.target === dialog) dialog.close(); };
}

onChange.push(drawLanes, drawWhole, showStanding, showChosen, showRows, showFound, showSwitches, writeFragment);

function begin() {
  readColours();
  buildHeader();
  buildFilters();
  buildSwitches();
  buildHelp();
  buildWhy();
  byId('query').oninput = () => applyQuery(byId('query').value);
  byId('in').onclick = () => zoom(0.6, view.cursor.time);
  byId('out').onclick = () => zoom(1 / 0.6, view.cursor.time);
  byId('all').onclick = () => look(0, end);
  byId('theme').onclick = nextTheme;
  byId('ask').onclick = () => byId('help').showModal();
  applyQuery('');
  const box = lanesCanvas.getBoundingClientRect();
  view.width = box.width; view.height = box.height;
  arrange();
  look(0, end);
  setCursor(end);
  if (!readFragment()) jump();
  document.documentElement.dataset.ready = 'true';
}
begin();
