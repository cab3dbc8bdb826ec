// Lines "A<tab>B" in, what npm's semver says of each out.
const semver = require('semver');

for (const line of require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1)) {
    const [a, b] = line.split('\t');
    console.log(semver.valid(a) && semver.valid(b) ? '<=>'[semver.compare(a, b) + 1] : '?');
}
