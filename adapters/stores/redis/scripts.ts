/** Lua that decides inside Redis: what must be one step. Each script reads everything that may refuse before it writes anything. */
import { script } from "./link.ts";

/**
 * Appends rows if the journal still ends where they begin and the keys against duplicates are as the caller knows them.
 * KEYS meta, journal, raws, seen. ARGV epoch, head and hash that the rows follow, token of this append,
 * known keys (16 bytes of id, 4 of the length known), and per row: first, count, previous, hash, keys, events, raw.
 * Answers {written} | {stands} (this very append had been written before) | {stale, head, hash} | {seen, id, sightings, …}
 * | {lost, what}.
 */
export const appendScript = script(`
local meta, journal, raws, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local m = redis.call('HMGET', meta, 'epoch', 'head', 'hash', 'rows', 'raws')
if m[1] ~= ARGV[1] then return {'lost', 'epoch'} end
local rows, rawRows = redis.call('XLEN', journal), redis.call('XLEN', raws)
if rows ~= tonumber(m[4]) or rawRows ~= tonumber(m[5]) then return {'lost', 'rows'} end
if m[2] ~= ARGV[2] or m[3] ~= ARGV[3] then
  local id = ARGV[6] .. '-0'
  local row = redis.call('XRANGE', journal, id, id)[1]
  if row and row[2][2] == ARGV[4] then return {'stands'} end
  return {'stale', m[2], m[3]}
end

local assumed = {}
for i = 1, #ARGV[5], 20 do
  assumed[string.sub(ARGV[5], i, i + 15)] = struct.unpack('>I4', ARGV[5], i + 16)
end
local none = string.rep('\\0', 32)
local function bucket(id) return seen .. string.format('%02x%02x', string.byte(id, 1, 2)) end
local known, order, differing = {}, {}, {'seen'}
for r = 6, #ARGV, 7 do
  local keys = ARGV[r + 4]
  for i = 1, #keys, 32 do
    local id = string.sub(keys, i, i + 15)
    if not known[id] and string.sub(keys, i, i + 31) ~= none then
      local held = redis.call('HGET', bucket(id), string.sub(id, 3)) or ''
      known[id] = held
      order[#order + 1] = id
      if #held ~= (assumed[id] or 0) then
        differing[#differing + 1] = id
        differing[#differing + 1] = held
      end
    end
  end
end
if #differing > 1 then return differing end

local head, hash
for r = 6, #ARGV, 7 do
  local first, count, keys, raw = tonumber(ARGV[r]), tonumber(ARGV[r + 1]), ARGV[r + 4], ARGV[r + 6]
  local id = ARGV[r] .. '-0'
  redis.call('XADD', journal, id, 'append', ARGV[4], 'count', ARGV[r + 1], 'previous', ARGV[r + 2],
    'hash', ARGV[r + 3], 'keys', keys, 'events', ARGV[r + 5])
  rows = rows + 1
  if raw ~= '' then
    redis.call('XADD', raws, id, 'count', ARGV[r + 1], 'raw', raw)
    rawRows = rawRows + 1
  end
  for i = 1, #keys, 32 do
    if string.sub(keys, i, i + 31) ~= none then
      local key = string.sub(keys, i, i + 15)
      local position = first + (i - 1) / 32
      known[key] = known[key] .. string.sub(keys, i + 16, i + 31)
        .. struct.pack('>I4I4', math.floor(position / 4294967296), position % 4294967296)
    end
  end
  head, hash = string.format('%.0f', first + count - 1), ARGV[r + 3]
end
for i = 1, #order do redis.call('HSET', bucket(order[i]), string.sub(order[i], 3), known[order[i]]) end
redis.call('HSET', meta, 'head', head, 'hash', hash, 'rows', string.format('%.0f', rows),
  'raws', string.format('%.0f', rawRows))
return {'written'}
`);

/** What is known of ids (16 bytes each, in a row), as a list. KEYS seen. ARGV ids. */
export const sightingsScript = script(`
local found = {}
for i = 1, #ARGV[1], 16 do
  local id = string.sub(ARGV[1], i, i + 15)
  local bucket = KEYS[1] .. string.format('%02x%02x', string.byte(id, 1, 2))
  found[#found + 1] = redis.call('HGET', bucket, string.sub(id, 3)) or ''
end
return found
`);

/** Begins a journal where nothing of one is. KEYS meta, and what must not be there. ARGV format, epoch, hash of nothing. */
export const beginScript = script(`
for i = 1, #KEYS do if redis.call('EXISTS', KEYS[i]) == 1 then return KEYS[i] end end
redis.call('HSET', KEYS[1], 'format', ARGV[1], 'epoch', ARGV[2], 'head', '0', 'hash', ARGV[3], 'rows', '0', 'raws', '0')
return false
`);

/** ARGV epoch: whoever writes must have been told of the same journal. */
const guard = "if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return redis.error_reply('LOST epoch') end\n";

/**
 * Part of a snapshot: compare-and-set on \`through\`. KEYS meta, marks, parties, owners, terms, accounts, by stage, by sync,
 * by both. ARGV epoch, through, prefix of documents, prefix of account rows; then how many of each and they themselves:
 * parties (id, connection, customer, fields put, field, body …, fields removed, field …), owners (subject, party),
 * terms (0, member), account rows (id, stage, sync, body, or id, '', '', '' to remove; a flag first).
 */
export const snapshotScript = script(`${guard}
local at = tonumber(ARGV[2])
if at < tonumber(redis.call('HGET', KEYS[2], 'snapshots') or '0') then return 0 end
redis.call('HSET', KEYS[2], 'snapshots', ARGV[2])
local i = 5
local function next()
  i = i + 1
  return ARGV[i - 1]
end
local function spread(command, key, count)
  while count > 0 do
    local part = math.min(count, 2000)
    redis.call(command, key, unpack(ARGV, i, i + part - 1))
    i = i + part
    count = count - part
  end
end
for _ = 1, tonumber(next()) do
  local party, connection, customer = next(), next(), next()
  local key = ARGV[3] .. party
  spread('HSET', key, 2 * tonumber(next()))
  spread('HDEL', key, tonumber(next()))
  local cells = redis.call('HLEN', key) - 5 * redis.call('HEXISTS', key, 'party')
  if cells == 0 then
    redis.call('UNLINK', key)
    redis.call('ZREM', KEYS[3], party)
  else
    redis.call('HSET', key, 'party', party, 'connection', connection, 'customer', customer, 'through', ARGV[2],
      'cells', tostring(cells))
    redis.call('ZADD', KEYS[3], '0', party)
  end
end
spread('HSET', KEYS[4], 2 * tonumber(next()))
spread('ZADD', KEYS[5], 2 * tonumber(next()))
for _ = 1, tonumber(next()) do
  local keep, id, stage, sync, body = next(), next(), next(), next(), next()
  local key = ARGV[4] .. id
  local old = redis.call('HMGET', key, 'stage', 'sync')
  if old[1] then
    redis.call('ZREM', KEYS[7], old[1] .. '\\0' .. id)
    redis.call('ZREM', KEYS[8], old[2] .. '\\0' .. id)
    redis.call('ZREM', KEYS[9], old[1] .. '\\0' .. old[2] .. '\\0' .. id)
  end
  if keep == '1' then
    redis.call('HSET', key, 'id', id, 'stage', stage, 'sync', sync, 'body', body)
    redis.call('ZADD', KEYS[6], '0', id)
    redis.call('ZADD', KEYS[7], '0', stage .. '\\0' .. id)
    redis.call('ZADD', KEYS[8], '0', sync .. '\\0' .. id)
    redis.call('ZADD', KEYS[9], '0', stage .. '\\0' .. sync .. '\\0' .. id)
  else
    redis.call('DEL', key)
    redis.call('ZREM', KEYS[6], id)
  end
end
return 1
`);

/** Account rows below a part of an index. KEYS meta, index. ARGV epoch, prefix of rows, min, max, limit. */
export const accountsScript = script(`${guard}
local rows = {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[3], ARGV[4], 'BYLEX', 'LIMIT', '0', ARGV[5])) do
  local id = string.match(member, '[^%z]*$')
  local row = redis.call('HMGET', ARGV[2] .. id, 'stage', 'sync', 'body')
  rows[#rows + 1] = {id, row[1], row[2], row[3]}
end
return rows
`);

/** KEYS meta, marks, parties, accounts, and what is removed whole. ARGV epoch, prefix of documents, prefix of rows. */
export const clearSnapshotsScript = script(`${guard}
for _, party in ipairs(redis.call('ZRANGE', KEYS[3], '0', '-1')) do redis.call('UNLINK', ARGV[2] .. party) end
for _, id in ipairs(redis.call('ZRANGE', KEYS[4], '0', '-1')) do redis.call('UNLINK', ARGV[3] .. id) end
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
redis.call('HDEL', KEYS[2], 'snapshots')
return 1
`);

/** Puts command rows. KEYS meta, marks. ARGV epoch, through, prefix of rows, prefix of states; key, party, target, state, body … */
export const commandsScript = script(`${guard}
for i = 5, #ARGV, 5 do
  local id, state = ARGV[i], ARGV[i + 3]
  local key = ARGV[3] .. id
  local old = redis.call('HGET', key, 'state')
  if old and old ~= state then redis.call('ZREM', ARGV[4] .. old, id) end
  redis.call('HSET', key, 'party', ARGV[i + 1], 'target', ARGV[i + 2], 'state', state, 'body', ARGV[i + 4])
  if old ~= state then redis.call('ZADD', ARGV[4] .. state, '0', id) end
end
redis.call('HSET', KEYS[2], 'outbox', ARGV[2])
return 1
`);

/** Rows of each state after a key. KEYS meta. ARGV epoch, prefix of rows, prefix of states, min, limit, state … */
export const listScript = script(`${guard}
local rows = {}
for i = 6, #ARGV do
  for _, id in ipairs(redis.call('ZRANGE', ARGV[3] .. ARGV[i], ARGV[4], '+', 'BYLEX', 'LIMIT', '0', ARGV[5])) do
    local row = redis.call('HMGET', ARGV[2] .. id, 'party', 'target', 'state', 'body')
    rows[#rows + 1] = {id, row[1], row[2], row[3], row[4]}
  end
end
return rows
`);

/** KEYS meta, marks. ARGV epoch, prefix of rows, prefix of states, state … */
export const clearCommandsScript = script(`${guard}
for i = 4, #ARGV do
  for _, id in ipairs(redis.call('ZRANGE', ARGV[3] .. ARGV[i], '0', '-1')) do redis.call('UNLINK', ARGV[2] .. id) end
  redis.call('UNLINK', ARGV[3] .. ARGV[i])
end
redis.call('HDEL', KEYS[2], 'outbox')
return 1
`);

/** KEYS meta, due. ARGV epoch; party, instant ('' removes) … */
export const dueScript = script(`${guard}
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('ZREM', KEYS[2], ARGV[i])
  else redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i]) end
end
return 1
`);

/** KEYS meta, due. ARGV epoch. */
export const clearDueScript = script(`${guard}
redis.call('UNLINK', KEYS[2])
return 1
`);

/** KEYS meta, keys. ARGV epoch; name, key … : those that are not there. */
export const addKeysScript = script(`${guard}
for i = 2, #ARGV, 2 do redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
`);

/** KEYS meta, keys. ARGV epoch; name … */
export const destroyKeysScript = script(`${guard}
for i = 2, #ARGV do redis.call('HSET', KEYS[2], ARGV[i], '') end
return 1
`);

/** Removes members of the sorted set of terms. KEYS meta, terms. ARGV epoch; member … */
export const forgetTermsScript = script(`${guard}
for i = 2, #ARGV do redis.call('ZREM', KEYS[2], ARGV[i]) end
return 1
`);
