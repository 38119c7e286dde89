/** The page's start: the element, the machine's link, and what passes between them. */

import '../elements/stasis-page.ts';
import { Playground } from './playground.ts';
import { applyStoredTheme } from './theme.ts';

applyStoredTheme();

const page = document.createElement('stasis-page');
page.name = 'counter-demo';
page.image = 'busybox';

const playground = new Playground(
  { containerId: 'c1', initArgv: ['/bin/sh', '/sbin/demo-init'], execArgv: ['sh'] },
  (model) => (page.model = model),
);
page.model = playground.model;

page.addEventListener('ask-checkpoint', ({ detail }) => void playground.checkpoint(detail.name, detail.leaveRunning));
page.addEventListener('ask-restore', ({ detail }) => void playground.restore(detail.id));
page.addEventListener('ask-exec', ({ detail }) => void playground.exec(detail));
page.addEventListener('ask-dismiss', ({ detail }) => playground.dismiss(detail.key));
page.addEventListener('session-input', ({ detail }) => playground.input(detail.key, detail.bytes));
page.addEventListener('session-resize', ({ detail }) => playground.resize(detail.key, detail.size));

document.body.append(page);
void playground.start();
