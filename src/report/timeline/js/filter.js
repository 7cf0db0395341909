// Search and filters are one line of text: words, and `node:`, `session:`, `znode:`, `kind:`,
// `zxid:`. All of it has to hold; commas mean "or".

const FIELDS = ['node', 'session', 'znode', 'kind', 'zxid'];
const filter = { terms: [], matches: new Uint8Array(events.count).fill(1), list: null, active: false };

function parseQuery(text) {
  const words = text.match(/(?:[a-z]+:)?"[^"]*"|\S+/g) || [];
  return words.map(word => {
    const field = FIELDS.find(name => word.startsWith(name + ':'));
    const value = (field ? word.slice(field.length + 1) : word).replace(/"/g, '').toLowerCase();
    return { field: field || 'text', any: field && field !== 'text' ? value.split(',').filter(Boolean) : [value] };
  }).filter(term => term.any.length && term.any.some(Boolean));
}

const lower = texts.map(text => text.toLowerCase());

function eventHolds(i, term) {
  const any = term.any;
  switch (term.field) {
    case 'node': return events.node[i] >= 0 ? any.includes(nodes[events.node[i]]) : any.includes('nemesis');
    case 'session': return events.session[i] >= 0 && any.some(it => lower[events.session[i]].endsWith(it.replace('0x', '')));
    case 'znode': return events.paths[i].some(path => any.some(it => lower[path].includes(it)));
    case 'kind': return any.includes(given.kinds[events.kind[i]]);
    case 'zxid': return events.zxid[i] >= 0 && any.includes(lower[events.zxid[i]]);
    default: return lower[events.words[i]].includes(any[0]);
  }
}

/** Whether a message is about what is asked for; which kinds are drawn the switches say. */
function messageHolds(i) {
  return filter.terms.every(({ field, any }) => {
    const words = lower[messages.words[i]];
    switch (field) {
      case 'node': return any.includes(nodes[messages.from[i]]) || any.includes(nodes[messages.to[i]]);
      case 'kind': return !any.some(it => messages.kinds.includes(it)) || any.includes(messages.kinds[messages.kind[i]]);
      case 'zxid': return any.some(it => new RegExp('(^|[^0-9:])' + it.replace(/[^0-9:]/g, '') + '($|[^0-9])').test(words));
      case 'session': case 'znode': return any.some(it => words.includes(it));
      default: return words.includes(any[0]);
    }
  });
}

/** Takes a query: which events match, and the list of them. */
function applyQuery(text) {
  view.query = text;
  filter.terms = parseQuery(text);
  filter.active = filter.terms.length > 0;
  const list = [];
  for (let i = 0; i < events.count; i++) {
    const holds = filter.terms.every(term => eventHolds(i, term));
    filter.matches[i] = holds ? 1 : 0;
    if (holds) list.push(i);
  }
  filter.list = list;
  changed();
}

/** The query with one field set to a value, or without it. */
function withField(text, field, value) {
  const rest = (text.match(/(?:[a-z]+:)?"[^"]*"|\S+/g) || []).filter(word => !word.startsWith(field + ':'));
  if (value) rest.push(field + ':' + value);
  return rest.join(' ');
}

function fieldOf(text, field) {
  const term = parseQuery(text).find(it => it.field === field);
  return term ? term.any.join(',') : '';
}

/** The next match behind (or before) the cursor. */
function step(direction) {
  const list = filter.list;
  const here = view.cursor.event;
  const at = lowerBound(list, direction > 0 ? here + 1 : here);
  const next = direction > 0 ? list[at] : list[at - 1];
  if (next !== undefined) choose({ type: 'event', i: next });
}
