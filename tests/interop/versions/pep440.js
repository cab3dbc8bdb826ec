// Lines "A<tab>B" in, what @renovatebot/pep440 says of each out.
const pep440 = require('@renovatebot/pep440');

for (const line of require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1)) {
    const [a, b] = line.split('\t');
    console.log(pep440.valid(a) && pep440.valid(b) ? '<=>'[Math.sign(pep440.compare(a, b)) + 1] : '?');
}
