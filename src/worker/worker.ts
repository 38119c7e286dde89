/** The worker's start: one machine, served to the page that made this worker. */

import { openBrowserStore } from '../host/web/store.ts';
import { Machine } from '../machine/machine.ts';
import { serve } from './serve.ts';

serve(new Machine({ openStore: openBrowserStore }));
