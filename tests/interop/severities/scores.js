// Lines of vectors in, "VECTOR<tab>SCORE" out.
const { fromVector } = require('ae-cvss-calculator');

const out = [];
for (const line of require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1))
    out.push(`${line}\t${fromVector(line).calculateScores().base.toFixed(1)}\n`);
process.stdout.write(out.join(''));
