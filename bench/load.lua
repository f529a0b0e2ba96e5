-- What wrk sends. Every thread walks through its own share of the people, so no two threads ever speak for one person.
--
-- A thread's n-th request: the first `lag` are complaints; after that a confirmation and a complaint take turns, and the
-- confirmation belongs to the complaint sent `lag` drafts earlier. So the mix is half and half from then on, and nobody
-- confirms what has not been answered yet. `n` goes on from run to run, so that message ids never repeat.
--
-- Arguments after "--": mode (wechat or telegram), host, path, texts file, queries file, secret, people per thread, lag,
-- then for each thread the n to begin with.

local count = 0
local all = {}

-- LOAD_PORTS: each thread speaks to a server of its own.
local ports = {}
for port in string.gmatch(os.getenv("LOAD_PORTS") or "", "%d+") do ports[#ports + 1] = port end

function setup(thread)
  thread:set("id", count)
  if ports[count + 1] then thread.addr = wrk.lookup("127.0.0.1", ports[count + 1])[1] end
  count = count + 1
  table.insert(all, thread)
end

local function lines(name, step, first)
  local found, i = {}, 0
  for line in io.lines(name) do
    if i % step == first then found[#found + 1] = line end
    i = i + 1
  end
  return found
end

local function wechat(n, person, text)
  -- Spread over the key space, as real OpenIDs are, so that rows do not lie side by side by luck.
  local from = string.format("o%010.0fBench%02d%010d", (person * 7654321 + id * 40503) % 9999999967, id, person)
  return string.format(
    "<xml><ToUserName><![CDATA[gh_bench0000001]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"
      .. "<CreateTime>%.0f</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content>"
      .. "<MsgId>24%02d%012.0f</MsgId></xml>",
    from, os.time(), text, id, n), queries[n % #queries + 1] .. "&openid=" .. from
end

local function telegram(n, person, text)
  local chat = (id + 1) * 100000000 + person
  return string.format(
    '{"update_id":%.0f,"message":{"message_id":%.0f,"from":{"id":%.0f,"is_bot":false,"first_name":"Bench",'
      .. '"language_code":"zh-hans"},"chat":{"id":%.0f,"first_name":"Bench","type":"private"},"date":%.0f,"text":"%s"}}',
    (id + 1) * 1000000000 + n, n + 1, chat, chat, os.time(), text), ""
end

function init(args)
  local threads = #args - 8
  mode, host, path, secret = args[1], args[2], args[3], args[6]
  texts = lines(args[4], 1, 0)
  queries = args[5] == "-" and { "" } or lines(args[5], threads, id)
  people, lag = tonumber(args[7]), tonumber(args[8])
  n = tonumber(args[9 + id])
  confirms, complaints = 0, 0
  body_of = mode == "telegram" and telegram or wechat
  kind = mode == "telegram" and "application/json" or "text/xml"
  extra = mode == "telegram" and "X-Telegram-Bot-Api-Secret-Token: " .. secret .. "\r\n" or ""
  confirm = texts[1]
end

function request()
  local draft, text
  if n < lag then
    draft = n
  elseif (n - lag) % 2 == 0 then
    draft, text = (n - lag) / 2, confirm
  else
    draft = lag + (n - lag - 1) / 2
  end
  local person = draft % people
  if text then
    confirms = confirms + 1
  else
    complaints = complaints + 1
    -- 7919 and 104729 are primes: one person's successive complaints differ, neighbours' do too.
    text = texts[2 + (person * 7919 + math.floor(draft / people) * 104729 + id * 31) % (#texts - 1)]
  end
  local body, query = body_of(n, person, text)
  n = n + 1
  return "POST " .. path .. (query ~= "" and "?" .. query or "") .. " HTTP/1.1\r\nHost: " .. host
    .. "\r\nContent-Type: " .. kind .. "\r\n" .. extra .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, requests)
  local nexts, sent = {}, 0
  for _, thread in ipairs(all) do
    nexts[#nexts + 1] = string.format("%.0f", thread:get("n"))
    sent = sent + thread:get("confirms")
  end
  local e = summary.errors
  io.write(string.format(
    'RESULT {"answered":%.0f,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"confirms":%.0f,'
      .. '"refused":%.0f,"broken":%.0f,"next":[%s]}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, sent, e.status, e.connect + e.read + e.write + e.timeout, table.concat(nexts, ",")))
end
