import { play } from './play';
import { TARGETS } from './targets';
import { runTasks, startCommand } from '../tools/command';

const { positionals: [target] } = startCommand({
  name: 'demo',
  description: 'Rotate a secret on this machine, with crashes in the middle: that of examples/basic, or of a target with a server',
  usage: { TARGET: [...TARGETS.keys()].join(', ') },
  arguments: [...TARGETS.keys()],
  maxArguments: 1,
});
runTasks(['bundle']);
void play(target);
