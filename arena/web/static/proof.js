// A worker that solves the challenge of a proof of work (ALTCHA's protocol 1): which number, appended to the salt, has
// this SHA-256? It computes the hashes itself, since browsers offer theirs only to pages that came over TLS, and a class
// may well reach its arena over plain HTTP.

const ROUNDS = 64;

// The first 32 bits of the fractional parts of the square and cube roots of the first primes (FIPS 180-4).
const PRIMES = [...Array(312).keys()].filter((n) => n > 1 && [...Array(n).keys()].every((d) => d < 2 || n % d));
const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const ADDED = PRIMES.slice(0, ROUNDS).map((prime) => fraction(Math.cbrt(prime)));

const words = new Int32Array(ROUNDS);

const rotated = (word, by) => (word >>> by) | (word << (32 - by));

// Mixes the 64 bytes of `block` from `begin` on into `state`.
function mix(state, block, begin) {
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(begin + 4 * i);
  for (let i = 16; i < ROUNDS; i++) {
    const [near, far] = [words[i - 2], words[i - 15]];
    const low = rotated(far, 7) ^ rotated(far, 18) ^ (far >>> 3);
    const high = rotated(near, 17) ^ rotated(near, 19) ^ (near >>> 10);
    words[i] = (words[i - 16] + low + words[i - 7] + high) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < ROUNDS; i++) {
    const choice = (e & f) ^ (~e & g);
    const first = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + ADDED[i] + words[i]) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) | 0));
}

// Returns the SHA-256 of a text in ASCII, as eight words.
function sha256(text) {
  const size = Math.ceil((text.length + 9) / 64) * 64;
  const block = new DataView(new ArrayBuffer(size));
  for (let i = 0; i < text.length; i++) block.setUint8(i, text.charCodeAt(i));
  block.setUint8(text.length, 0x80);
  block.setUint32(size - 4, text.length * 8);
  const state = Int32Array.from(START);
  for (let begin = 0; begin < size; begin += 64) mix(state, block, begin);
  return state;
}

function wanted(hex) {
  return Int32Array.from({ length: 8 }, (_, i) => parseInt(hex.slice(8 * i, 8 * i + 8), 16) | 0);
}

// Returns the number, or null where there is none.
function solve({ challenge, salt, maxNumber }) {
  const goal = wanted(challenge);
  for (let number = 0; number <= maxNumber; number++) {
    const hash = sha256(salt + number);
    if (hash[0] === goal[0] && hash.every((word, i) => word === goal[i])) return number;
  }
  return null;
}

onmessage = ({ data }) => postMessage({ number: solve(data) });
