// Does to the page what a person would do, and says what is seen then.
(async () => {
  const seen = {};
  const frames = async () => { for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); };
  const at = selector => document.querySelector(selector);
  const all = selector => [...document.querySelectorAll(selector)];
  const press = async key => { document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })); await frames(); };
  const click = async selector => { at(selector).click(); await frames(); };
  const pick = async (id, value) => { at(id).value = value; at(id).dispatchEvent(new Event('change')); await frames(); };
  const search = async text => { at('#query').value = text; at('#query').dispatchEvent(new Event('input')); await frames(); };
  const rowsSeen = () => all('#rows .row').map(row => ({ event: Number(row.dataset.event), node: row.querySelector('b').textContent, words: row.title }));
  const matching = () => Number((at('#found').textContent.split(' of ')[0] || '-1').replace(/,/g, ''));
  const width = () => view.to - view.from;
  const shades = canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4 * 7) found.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    return found.size;
  };
  await frames();
  seen.ready = document.documentElement.dataset.ready;
  seen.title = document.title;
  seen.claims = all('#claims .claim').map(it => it.textContent);
  seen.servers = all('#standing tr[data-server]').map(it => it.textContent);
  seen.shades = shades(at('#lanes'));
  seen.switches = all('#switches button').map(it => it.dataset.kind);
  const opened = location.hash;

  if (at('#jump')) {
    await press('0');
    await click('#jump');
    seen.jump = {
      evidence: all('.evidence button[data-event]').map(it => Number(it.dataset.event)),
      current: all('.evidence button[aria-current=true]').map(it => Number(it.dataset.event)),
      rows: all('#rows .row.chosen.evidence').map(it => Number(it.dataset.event)),
      chosen: at('#chosen').textContent,
      inWindow: violation.evidence.every(i => view.from <= events.at[i] && events.at[i] <= view.to),
    };
    await click('.evidence button[data-event]');
    seen.first = { current: all('.evidence button[aria-current=true]').map(it => Number(it.dataset.event)), cursor: view.cursor.event };
  }

  seen.total = events.count;
  const node = [...at('#by-node').options].map(it => it.value).find(Boolean);
  await pick('#by-node', node);
  seen.byNode = { node, query: at('#query').value, matching: matching(), rows: rowsSeen() };
  await pick('#by-node', '');
  seen.unfiltered = { found: at('#found').textContent, rows: rowsSeen().length };
  const kind = 'committed';
  await pick('#by-kind', kind);
  seen.byKind = { matching: matching(), rows: rowsSeen() };
  await pick('#by-kind', '');
  const session = [...at('#by-session').options].map(it => it.value).find(Boolean);
  await pick('#by-session', session);
  seen.bySession = { matching: matching() };
  await pick('#by-session', '');
  const znode = [...at('#by-znode').options].map(it => it.value).filter(it => it.length > 1).pop();
  await pick('#by-znode', znode);
  seen.byZnode = { znode, matching: matching(), rows: rowsSeen() };
  await pick('#by-znode', '');
  await search('no such words anywhere');
  seen.nothing = { matching: matching(), rows: rowsSeen().length };
  await search('node:' + node + ' kind:role');
  seen.both = { matching: matching(), rows: rowsSeen() };
  await search('');

  await press('0');
  const whole = width();
  await click('#in');
  const nearer = width();
  await press('-');
  const farther = width();
  at('#lanes').dispatchEvent(new WheelEvent('wheel', { deltaY: -200, clientX: 600, clientY: 300, cancelable: true }));
  await frames();
  const wheeled = width();
  const before = view.from;
  await press('ArrowRight');
  seen.zoom = { whole, nearer, farther, wheeled, pannedBy: view.from - before };

  const pressed = () => at('#switches button[data-kind=ping]').getAttribute('aria-pressed');
  if (at('#switches button[data-kind=ping]')) {
    const hidden = pressed();
    await click('#switches button[data-kind=ping]');
    seen.pings = [hidden, pressed()];
    await click('#switches button[data-kind=ping]');
  }

  const ground = () => getComputedStyle(document.body).backgroundColor;
  await click('#theme');
  const light = ground();
  await click('#theme');
  seen.grounds = [light, ground()];
  await click('#theme');

  seen.moment = { time: view.cursor.time, event: view.cursor.event };
  await new Promise(done => setTimeout(done, 400));
  seen.fragments = [opened, location.hash];
  seen.scrolls = document.documentElement.scrollHeight > innerHeight + 1 || document.documentElement.scrollWidth > innerWidth + 1;
  return seen;
})();
