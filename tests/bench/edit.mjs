// edit.mjs document|cst DIR FROM TO STEP OUT: the same edits with the npm package "yaml".
import { createRequire } from 'node:module'
import fs from 'node:fs'
const { parseDocument, Document, Parser, CST, LineCounter } = createRequire(process.cwd() + '/build/npm/')('yaml')
const [mode, dir, from, to, step, out] = process.argv.slice(2)
const edits = fs.readFileSync(`${dir}/edits.jsonl`, 'utf8').split('\n')
const keys = pointer => pointer.split('/').slice(1)

function withDocument(text, path, change) {
  const doc = parseDocument(text)
  change(doc, path)
  return doc.toString({ lineWidth: 0 })
}

// Down the tokens, by the sources of the keys.
function tokenAt(token, path) {
  for (const key of path) {
    const item = token.items.find(i => i.key && i.key.source === key)
    token = item.value
  }
  return token
}

function withTokens(text, path, change) {
  const docs = [...new Parser().parse(text)]
  change(tokenAt(docs.find(d => d.type === 'document').value, path))
  return docs.map(d => CST.stringify(d)).join('')
}

function edit(text, { at, patch: [{ path, value }] }) {
  if (mode === 'document') {
    const set = t => withDocument(t, keys(path), (doc, p) => doc.setIn(p, value))
    return at ? withDocument(text, keys(at), (doc, p) => doc.setIn(p, set(doc.getIn(p)))) : set(text)
  }
  const set = t => withTokens(t, keys(path), token => CST.setScalarValue(token, value))
  return at ? withTokens(text, keys(at), token => {
    const inner = CST.resolveAsScalar(token).value
    CST.setScalarValue(token, set(inner))
  }) : set(text)
}

// User and system time, of all threads: a machine that others use as well changes it little.
const now = () => { const { user, system } = process.cpuUsage(); return user + system }

let spent = 0, files = 0
for (let n = +from; n < +to; n += +step) {
  const [what] = JSON.parse(edits[n])
  const start = now()
  const result = edit(fs.readFileSync(`${dir}/${n}.yaml`, 'utf8'), what)
  spent += now() - start
  files++
  fs.writeFileSync(`${out}/${n}.yaml`, result)
}
console.log((spent / files).toFixed(2), process.resourceUsage().maxRSS)
