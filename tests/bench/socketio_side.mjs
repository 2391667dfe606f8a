// A client of the timing feed that only parses: a line for each hundred frames. Arguments: PORT CHANNEL
import {io} from 'socket.io-client';

const [port, channel] = process.argv.slice(2);
const socket = io(`http://127.0.0.1:${port}`, {transports: ['websocket']});
let count = 0;
socket.on('connect', () => socket.emit('join', channel));
socket.on(channel, () => {
  count += 1;
  if (count % 100 === 0) console.log(count);
});
