/** The worker's start: one machine, served to the page that made this worker. */

import { Machine } from '../machine/machine.ts';
import { serve } from './serve.ts';

serve(new Machine());
