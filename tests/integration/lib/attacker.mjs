// One attack, in a process of its own, so that its work is not measured as slowness of the server. Started by
// launch() of attack-run.mjs: argv is the attack's name and its options.
import * as ends from './attack-connections.mjs';
import * as requests from './attack-requests.mjs';

const [name, options] = [process.argv[2], JSON.parse(process.argv[3])];

// Whatever happens, an attacker ends by itself.
setTimeout(() => process.exit(3), options.endsAfterMs).unref();
process.on('disconnect', () => process.exit(4));

// Tells the test how far the attack has come, and waits until it is told to let go.
function held(state) {
  return new Promise((resolve) => {
    process.once('message', resolve);
    process.send({held: state});
  });
}

const attack = {...ends, ...requests}[name];
process.send({done: await attack(options, held)}, () => process.exit(0));
