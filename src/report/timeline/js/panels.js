// What is said in words: the claim, the servers at the cursor, what is selected, the events.

const byId = id => document.getElementById(id);

/** An element with text or children; nothing of the data is ever read as HTML. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element[name] = value;
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function eventName(i) {
  return events.node[i] >= 0 ? nodes[events.node[i]] : 'run';
}

function buildHeader() {
  const claims = byId('claims');
  head.violations.forEach((it, k) => claims.append(...claimOf(it, k)));
  if (!head.violations.length) {
    const passed = head.verdict === 'pass';
    const words = { pass: 'every property that was at risk held', vacuous: 'no property was ever at risk', unknown: 'the run ended before its properties could be judged' };
    claims.append(make('div', { class: 'claim' }, make('span', { class: passed ? 'badge good' : 'badge unknown' }, head.verdict), make('h1', {}, words[head.verdict] || '')));
  }
  const facts = byId('facts');
  facts.append(make('b', {}, head.scenario), `, seed ${head.seed}`);
  if (head.mutant) facts.append(', with the planted bug ', make('b', {}, head.mutant.name), `: ${head.mutant.about}`);
  facts.append(` · ${events.count.toLocaleString('en')} events in ${timeText(end)} · `, make('code', { title: 'does it all again' }, head.replay), ` · digest ${head.digest}`);
  facts.title = facts.textContent;
}

function claimOf(it, k) {
  const parts = [
    make('div', { class: 'claim' },
      make('span', { class: 'badge', title: it.demands }, 'violation · ' + it.checker),
      make('h1', { class: it.claim.length > 130 ? 'long' : '' }, it.claim)),
  ];
  const row = make('div', { class: 'evidence' });
  if (k === 0) row.append(make('button', { id: 'jump', title: 'Key: e', onclick: jump }, 'Jump to the first error'));
  if (k === 0 && given.why) row.append(make('button', { id: 'explain', title: 'Key: x', onclick: explain }, 'Why it fails'));
  row.append(make('span', { class: 'demand' }, it.demands ? `Demanded: ${it.demands}. Evidence:` : 'Evidence:'));
  it.evidence.filter(i => i < events.count).forEach(i => {
    const button = make('button', { 'data-event': i, title: texts[events.words[i]], onclick: () => choose({ type: 'event', i }) },
      make('b', {}, String(evidence.indexOf(i) + 1)), ` ${timeText(events.at[i])} ${eventName(i)} ${texts[events.words[i]]}`);
    row.append(button);
  });
  return [...parts, row];
}

/** What `menagerie explain` has found: sentences, and the failing run beside those that pass. */
function buildWhy() {
  if (!given.why) return;
  const cell = (it, fails) => {
    if (!it) return make('td', {});
    const words = [make('small', {}, timeText(it.at) + ' '), make('b', {}, it.node), ' ' + it.words];
    const show = () => { byId('why').close(); choose({ type: 'event', i: it.event }); };
    return make('td', { title: it.words }, fails && it.event < events.count ? make('button', { onclick: show }, ...words) : make('span', {}, ...words));
  };
  const beside = it => [
    make('h2', {}, it.name + ' ', make('small', {}, `${it.change}; the same up to event ${it.same}`)),
    make('table', {}, make('tr', {}, make('th', {}, 'it fails'), make('th', {}, 'it passes')),
      ...Array.from({ length: Math.max(it.failing.length, it.passing.length) }, (_, k) => make('tr', {}, cell(it.failing[k], true), cell(it.passing[k], false)))),
  ];
  byId('why').append(make('h2', {}, 'Why it fails'), make('ol', {}, ...given.why.sentences.map(text => make('li', {}, text))),
    ...given.why.besides.flatMap(beside), make('form', { method: 'dialog' }, make('button', {}, 'close')));
  byId('why').onclick = event => { if (event.target === byId('why')) byId('why').close(); };
}

function explain() {
  if (given.why) byId('why').showModal();
}

/** Servers whose trees differ at the same zxid: a contradiction that can be seen. */
function oddDigests(stands) {
  const byZxid = new Map();
  stands.forEach(it => {
    if (it.digest === null || it.role === DOWN) return;
    if (!byZxid.has(it.zxid)) byZxid.set(it.zxid, new Set());
    byZxid.get(it.zxid).add(it.digest);
  });
  return zxid => byZxid.has(zxid) && byZxid.get(zxid).size > 1;
}

let standingShown = '';
function showStanding() {
  const moment = shownMoment();
  const key = moment.event + '/' + Math.round(moment.time) + '/' + (view.hover !== null);
  if (key === standingShown) return;
  standingShown = key;
  const stands = given.servers.map((_, server) => standing(server, moment.event));
  const odd = oddDigests(stands);
  const involved = new Set(evidence.map(i => events.node[i]));
  const table = make('table', {}, make('tr', {}, ...['server', 'role', 'epoch', 'zxid', 'sess.', 'digest'].map(name => make('th', {}, name))));
  stands.forEach((it, server) => {
    const swatch = make('i');
    swatch.style.background = epochColour(it.epoch);
    const digest = it.digest === null ? '–' : it.digest.slice(-8);
    const strange = odd(it.zxid) && it.role !== DOWN;
    const paused = given.troubles.some(t => t.node === nodes[server] && t.what === 'paused' && t.from <= moment.time && moment.time < t.to);
    const serving = it.serving ? ' ●' : '';
    table.append(make('tr', { class: `${it.role === DOWN ? 'down' : ''} ${involved.has(server) ? 'involved' : ''}`, 'data-server': nodes[server] },
      make('td', {}, nodes[server]), make('td', { title: it.serving ? 'serves clients' : 'serves nobody' }, roleText(it) + (paused ? ' ‖' : serving)),
      make('td', {}, swatch, String(it.epoch)), make('td', {}, it.zxid), make('td', {}, it.sessions < 0 ? '?' : String(it.sessions)),
      make('td', { title: it.digest || 'reads its disk' }, make('span', { class: strange ? 'odd' : '', title: strange ? 'another tree at the same zxid' : it.digest || '' }, digest + (strange ? ' ≠' : '')))));
  });
  const where = view.hover ? 'under the mouse' : 'at the cursor';
  const phase = [...given.phases].reverse().find(it => it.at <= moment.time);
  byId('standing').replaceChildren(make('h2', {}, `Servers at ${timeText(moment.time)} `, make('small', {}, `${where} · event ${moment.event} · ${phase ? phase.name : ''} · ● serves`)), table);
}

let chosenShown = '';
function showChosen() {
  const it = view.chosen;
  const key = it ? it.type + it.i : '';
  if (key === chosenShown) return;
  chosenShown = key;
  const panel = byId('chosen');
  panel.scrollTop = 0;
  if (!it) panel.replaceChildren(make('small', {}, 'Nothing selected: click an event, an arrow, or a piece of evidence above.'));
  else panel.replaceChildren(...(it.type === 'event' ? eventDetail(it.i) : it.type === 'message' ? messageDetail(it.i) : faultDetail(it.i)));
  document.querySelectorAll('.evidence button[data-event]').forEach(button =>
    button.setAttribute('aria-current', String(!!it && it.type === 'event' && button.dataset.event === String(it.i))));
}

function follow(words, query) {
  return make('button', { onclick: () => setQuery(query) }, words);
}

function eventDetail(i) {
  const parts = [make('h2', {}, `${eventName(i)} `, make('small', {}, `${given.kinds[events.kind[i]]} · ${timeText(events.at[i], 6)} · event ${i}, line ${i + 1} of history.jsonl`))];
  if (isEvidence.has(i)) parts[0].prepend(make('span', { class: 'badge' }, 'evidence ' + (evidence.indexOf(i) + 1)), ' ');
  parts.push(make('p', {}, texts[events.words[i]]));
  const links = make('div', { class: 'links' });
  if (partner.has(i)) {
    const other = partner.get(i);
    const kind = given.kinds[events.kind[other]];
    const name = given.kinds[events.kind[i]] === 'watch' ? 'where it was armed' : kind === 'answer' ? 'its answer' : 'its request';
    links.append(make('button', { onclick: () => choose({ type: 'event', i: other }) }, `${name}, ${lengthText(Math.abs(events.at[other] - events.at[i]))} ${other > i ? 'later' : 'before'}`));
    parts.splice(2, 0, make('p', {}, make('small', {}, `${name}: ${texts[events.words[other]]}`)));
  }
  if (events.zxid[i] >= 0) links.append(follow('transaction ' + texts[events.zxid[i]], 'zxid:' + texts[events.zxid[i]]));
  if (events.session[i] >= 0) {
    const session = texts[events.session[i]];
    links.append(follow(`session of ${clientOf.get(session) || session}`, 'session:' + session));
  }
  [...new Set(events.paths[i])].slice(0, 4).forEach(path => links.append(follow(texts[path], 'znode:' + texts[path])));
  if (events.node[i] >= 0) links.append(follow('only ' + eventName(i), 'node:' + eventName(i)));
  parts.push(links);
  for (const it of head.violations) {
    const place = it.evidence.indexOf(i);
    if (place >= 0) { parts.push(make('pre', {}, it.lines[place])); break; }
  }
  return parts;
}

const FATES = ['arrived', 'arrived late', 'lost', 'on its way when the run ended'];

function messageDetail(i) {
  const fate = messages.fate[i];
  const why = given.messages.why[i];
  const took = fate <= LATE ? `${FATES[fate]} after ${lengthText(messages.arrives[i] - messages.sent[i])}` : FATES[fate] + (why ? ': ' + why : '');
  const links = make('div', { class: 'links' }, follow('only ' + nodes[messages.from[i]], 'node:' + nodes[messages.from[i]]), follow('only ' + nodes[messages.to[i]], 'node:' + nodes[messages.to[i]]));
  return [
    make('h2', {}, `${nodes[messages.from[i]]} → ${nodes[messages.to[i]]} `, make('small', {}, `${messages.kinds[messages.kind[i]]} · sent ${timeText(messages.sent[i], 6)} · ${took}`)),
    make('p', {}, texts[messages.words[i]]), links,
  ];
}

function faultDetail(i) {
  const fault = given.faults[i];
  return [
    make('h2', {}, fault.name + ' ', make('small', {}, `fault ${fault.fault} · ${timeText(fault.from)} to ${timeText(fault.to)}`)),
    make('p', {}, fault.nodes.length ? 'It concerns ' + fault.nodes.join(', ') + '.' : ''),
    make('div', { class: 'links' }, make('button', { onclick: () => choose({ type: 'event', i: fault.event }) }, 'where it begins')),
  ];
}

// The list of events: only the rows that can be seen are there.
const ROW = 20;
const rows = byId('rows'), spread = byId('spread');
let listShown = '', followed = -1;

function showRows() {
  const list = filter.list;
  spread.style.height = list.length * ROW + 'px';
  const here = view.cursor.event;
  const at = Math.max(0, lowerBound(list, here + 1) - 1);
  if (followed !== here + filter.terms.length * 1e7) {
    followed = here + filter.terms.length * 1e7;
    const top = at * ROW;
    if (top < rows.scrollTop + ROW || top > rows.scrollTop + rows.clientHeight - 3 * ROW) rows.scrollTop = top - rows.clientHeight * 0.6;
  }
  const first = Math.max(0, Math.floor(rows.scrollTop / ROW) - 4), last = Math.min(list.length, first + Math.ceil(rows.clientHeight / ROW) + 9);
  const key = [first, last, list.length, here, view.query, view.chosen && view.chosen.type + view.chosen.i].join();
  if (key === listShown) return;
  listShown = key;
  const parts = [];
  for (let k = first; k < last; k++) {
    const i = list[k];
    const chosen = view.chosen && view.chosen.type === 'event' && view.chosen.i === i;
    parts.push(make('div', { class: `row ${isEvidence.has(i) ? 'evidence' : ''} ${chosen ? 'chosen' : ''} ${k === at ? 'past' : ''}`, style: `top:${k * ROW}px`, 'data-event': i, title: texts[events.words[i]] },
      make('time', {}, timeText(events.at[i])), make('b', {}, eventName(i) === 'run' ? '' : eventName(i)), make('span', {}, texts[events.words[i]])));
  }
  spread.replaceChildren(...parts);
}

function showFound() {
  byId('found').textContent = filter.active ? `${filter.list.length.toLocaleString('en')} of ${events.count.toLocaleString('en')}` : '';
}

function showNote(arrows) {
  const note = byId('note');
  note.hidden = !arrows.left;
  if (arrows.left) note.textContent = `${arrows.left.toLocaleString('en')} messages are too many to draw: zoom in. Lost and late ones are shown.`;
}

function buildFilters() {
  const fill = (id, name, options) => {
    const select = byId(id);
    select.append(make('option', { value: '' }, name));
    options.slice(0, 800).forEach(([value, words]) => select.append(make('option', { value }, words)));
    select.onchange = () => setQuery(withField(view.query, name, select.value));
  };
  fill('by-node', 'node', [...nodes, 'nemesis'].map(name => [name, name]));
  fill('by-session', 'session', [...clientOf].map(([session, client]) => [session, `${client} ${session}`]));
  const paths = new Set();
  events.paths.forEach(list => list.forEach(path => paths.add(path)));
  fill('by-znode', 'znode', [...paths].map(path => texts[path]).sort().map(path => [path, path]));
  fill('by-kind', 'kind', given.kinds.map(kind => [kind, kind]));
}

const SWITCHES = [['election', 'elections'], ['sync', 'sync'], ['proposal', 'proposals'], ['ack', 'acks'], ['commit', 'commits'],
  ['forward', 'to leader'], ['client', 'clients'], ['watch', 'watches'], ['ping', 'pings'], ['connection', 'tcp']];

function sample(kind) {
  const [colour, dash, width] = STROKES[kind];
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('width', 16); svg.setAttribute('height', 8);
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  Object.entries({ x1: 0, y1: 4, x2: 16, y2: 4, 'stroke-width': width + 0.6, 'stroke-dasharray': dash.join(' '), style: `stroke:var(${colour})` })
    .forEach(([name, value]) => line.setAttribute(name, value));
  svg.append(line);
  return svg;
}

function buildSwitches() {
  if (!messages.recorded) return;
  byId('switches').append('messages');
  SWITCHES.forEach(([kind, words]) => {
    const button = make('button', { 'data-kind': kind, title: `Messages: ${words}`, onclick: () => toggle(kind) }, sample(kind), words);
    byId('switches').append(button);
  });
}

function toggle(kind) {
  view.hidden.has(kind) ? view.hidden.delete(kind) : view.hidden.add(kind);
  changed();
}

function showSwitches() {
  byId('switches').querySelectorAll('button').forEach(button => button.setAttribute('aria-pressed', String(!view.hidden.has(button.dataset.kind))));
  for (const name of ['node', 'session', 'znode', 'kind']) {
    const value = fieldOf(view.query, name);
    const select = byId('by-' + name);
    if (select.value.toLowerCase() !== value) select.value = [...select.options].map(it => it.value).find(it => it.toLowerCase() === value) || '';
  }
}
