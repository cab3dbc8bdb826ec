// sigstore.js seed DIR: the trusted root, and npm's key, that @sigstore/tuf comes with
// sigstore.js split FILE DIR: the bundles that npm has of a package, a file each
// sigstore.js verify ROOT PEM BUNDLE...: "NAME ok" or "NAME refused", as @sigstore/verify finds
const fs = require('fs');
const path = require('path');
const { bundleFromJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

const json = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

function seed(dir) {
  const file = require.resolve('@sigstore/tuf').replace(/dist.*/, 'seeds.json');
  const { targets } = Object.values(json(file))[0];
  const text = (name) => Buffer.from(targets[name], 'base64').toString();
  const key = JSON.parse(text('registry.npmjs.org%2Fkeys.json')).keys[0].publicKey.rawBytes;
  fs.writeFileSync(path.join(dir, 'root.json'), text('trusted_root.json'));
  fs.writeFileSync(path.join(dir, 'key.pem'),
    `-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----\n`);
}

function split(file, dir) {
  json(file).attestations.forEach(({ bundle }, i) => {
    const name = `${path.basename(file, '.tgz.json')}.${i}.json`;
    fs.writeFileSync(path.join(dir, name), JSON.stringify(bundle));
  });
}

function verify(root, pem, ...bundles) {
  const publicKey = require('crypto').createPublicKey(fs.readFileSync(pem));
  const material = toTrustMaterial(TrustedRoot.fromJSON(json(root)),
    () => ({ publicKey, validFor: () => true }));
  // as ours: the transparency of certificates is not looked at
  const verifier = new Verifier(material, { ctlogThreshold: 0 });
  for (const file of bundles) {
    let verdict = 'ok';
    try {
      verifier.verify(toSignedEntity(bundleFromJSON(json(file))));
    } catch (error) {
      verdict = 'refused';
      if (process.env.WHY) console.error(`${file}: ${error}`);
    }
    console.log(`${path.basename(file)} ${verdict}`);
  }
}

({ seed, split, verify })[process.argv[2]](...process.argv.slice(3));
