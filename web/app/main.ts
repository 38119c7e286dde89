/** The page's start: the element, the machine's link, and what passes between them. */

import '../elements/stasis-page.ts';
import { Playground } from './playground.ts';
import { applyStoredTheme } from './theme.ts';

applyStoredTheme();

const page = document.createElement('stasis-page');
page.name = 'counter-demo';
page.image = 'busybox';

const playground = new Playground(
  { containerId: 'c1', initArgv: ['/bin/sh', '/sbin/demo-init'], execArgv: ['sh'], fragment: location.hash.slice(1) },
  (model) => (page.model = model),
);
const { keeper, comparer, wires } = playground;
page.model = playground.model;

page.addEventListener('ask-checkpoint', ({ detail }) => void playground.checkpoint(detail.name, detail.leaveRunning));
page.addEventListener('ask-restore', ({ detail }) => void playground.restore(detail.id));
page.addEventListener('ask-exec', ({ detail }) => void playground.exec(detail));
page.addEventListener('ask-pause', () => void playground.pause());
page.addEventListener('ask-settings', ({ detail }) => playground.choose(detail));
page.addEventListener('ask-survivors', ({ detail }) => playground.watchSurvivors(detail.isWatched));
page.addEventListener('ask-frozen-execs', ({ detail }) => void keeper.lookForExecs(detail.id));
page.addEventListener('ask-dismiss', ({ detail }) => playground.dismiss(detail.key));
page.addEventListener('ask-dismiss-refusal', () => playground.dismissRefusal());
page.addEventListener('session-input', ({ detail }) => wires.input(detail.key, detail.bytes));
page.addEventListener('session-resize', ({ detail }) => wires.resize(detail.key, detail.size));

page.addEventListener('ask-rename', ({ detail }) => void keeper.rename(detail.id, detail.name));
page.addEventListener('ask-annotate', ({ detail }) => void keeper.annotate(detail.id, detail.note));
page.addEventListener('ask-delete', ({ detail }) => void keeper.delete(detail.id));
page.addEventListener('ask-verify', ({ detail }) => void keeper.verify(detail.id));
page.addEventListener('ask-export', ({ detail }) => void keeper.export(detail.id, detail.format));
page.addEventListener('ask-share', ({ detail }) => void keeper.share(detail.id));
page.addEventListener('ask-import', ({ detail }) => void keeper.import(detail.file));
page.addEventListener('ask-autosave', ({ detail }) => void keeper.setAutosave(detail.isOn));
page.addEventListener('ask-compare', ({ detail }) => void comparer.compare(detail.beforeId, detail.afterId));
page.addEventListener('ask-page', ({ detail }) => void comparer.look(detail.pid, detail.address));
page.addEventListener('ask-compare-end', () => comparer.close());

document.addEventListener('visibilitychange', () => document.hidden && keeper.saveNow());
addEventListener('pagehide', () => keeper.saveNow());
addEventListener('hashchange', () => location.hash.length > 1 && void keeper.importLink(location.hash.slice(1)));

document.body.append(page);
void playground.start();
