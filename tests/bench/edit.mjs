// edit.mjs document|cst DIR COUNT OUT: the edits of DIR/edits.jsonl with the npm package "yaml", from build/npm/helm.
import { createRequire } from 'node:module'
import fs from 'node:fs'
const { parseDocument, Parser, CST } = createRequire(process.env.NPM + '/')('yaml')
const [mode, dir, count, out] = process.argv.slice(2)
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

for (let n = 0; n < +count; n++)
  fs.writeFileSync(`${out}/${n}.yaml`, edit(fs.readFileSync(`${dir}/${n}.yaml`, 'utf8'), JSON.parse(edits[n])[0]))
