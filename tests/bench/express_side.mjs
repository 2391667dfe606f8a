// The first server at its best: Express, and the answer as an object in memory. Arguments: PORT FILE
import {readFileSync} from 'node:fs';

import express from 'express';

const [port, file] = process.argv.slice(2);
const current = JSON.parse(readFileSync(file, 'utf8'));
const app = express();
app.get('/api/current', (req, res) => res.json(current));
app.listen(Number(port), '127.0.0.1');
