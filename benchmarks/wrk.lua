-- Sends the requests of a file in turn: each line an Authorization header (or nothing), a tab, and a body.
-- Reports as one line of JSON, so that nobody has to read wrk's own words.

local requests = {}
local sent = 0

function init(arguments)
  local path = arguments[1]
  for line in io.lines(path) do
    local authorization, body = line:match("^([^\t]*)\t(.*)$")
    local headers = { ["Content-Type"] = "application/json", ["Accept"] = "application/json" }
    if authorization ~= "" then
      headers["Authorization"] = authorization
    end
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"received":%d,"failures":%d,"p50_ms":%f,"p99_ms":%f}\n',
    summary.requests,
    summary.duration / 1e6,
    summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3
  ))
end
