-- A user's way through Neovim: hover in the floating window, definition, completion, symbols, sync.
--   nvim --headless -u NONE -i NONE -n -c 'luafile neovim.lua'     in a copy of the example, with METASYNC_BIN
-- Written for Neovim 0.7, where `vim.lsp.start` was not there yet, and everything after it.
local READY_MS, ANSWER_MS = 60000, 15000
local file = 'models/marts/customers.sql'
local passed, failed = 0, 0

local function out(text) io.stdout:write(text .. '\n') end

local function step(name, run)
  local ok, problem = pcall(run)
  if ok then passed = passed + 1; out('  ok neovim: ' .. name)
  else failed = failed + 1; out('  FAIL neovim: ' .. name .. ': ' .. tostring(problem)) end
end

-- Line (from 0) and byte of the first `needle`, moved by `delta` bytes.
local function place(buffer, needle, delta)
  for number, text in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local column = text:find(needle, 1, true)
    if column then return number - 1, column - 1 + (delta or 0) end
  end
  error('not in the buffer: ' .. needle)
end

local function floats()
  return vim.tbl_filter(function(window) return vim.api.nvim_win_get_config(window).relative ~= '' end, vim.api.nvim_list_wins())
end

local function close_floats()
  for _, window in ipairs(floats()) do pcall(vim.api.nvim_win_close, window, true) end
end

-- Presses K on `needle` until the window that opens contains `expected`; gives its text.
local function hover(buffer, needle, delta, expected)
  local line, column = place(buffer, needle, delta)
  local shown = 'nothing'
  local ends = vim.loop.now() + READY_MS
  while vim.loop.now() < ends do
    close_floats()
    vim.api.nvim_set_current_buf(buffer)
    vim.api.nvim_win_set_cursor(0, { line + 1, column })
    vim.lsp.buf.hover()
    vim.wait(1000, function() return #floats() > 0 end, 20)
    local window = floats()[1]
    if window then
      shown = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
      if shown:find(expected, 1, true) then close_floats(); return shown end
    end
    vim.wait(200)
  end
  error(('no window says %q; the last one said: %s'):format(expected, shown))
end

vim.cmd('edit ' .. file)
vim.bo.filetype = 'sql'
local buffer, id = vim.api.nvim_get_current_buf(), nil
local function client() return vim.lsp.get_client_by_id(id) end

local function request(method, params)
  local answers = vim.lsp.buf_request_sync(buffer, method, params, ANSWER_MS)
  local answer = answers and answers[id]
  assert(answer, 'no answer to ' .. method)
  local problem = answer.error or answer.err
  assert(not problem, vim.inspect(problem))
  return answer.result
end

step('the server starts and offers hovers', function()
  local config = { name = 'metasync', cmd = { os.getenv('METASYNC_BIN'), 'lsp' }, root_dir = vim.fn.getcwd() }
  if vim.lsp.start then id = vim.lsp.start(config)
  else id = vim.lsp.start_client(config); vim.lsp.buf_attach_client(buffer, id) end
  assert(id, 'no client')
  assert(vim.wait(ANSWER_MS, function()
    local c = client()
    return c and c.initialized and c.server_capabilities and c.server_capabilities.hoverProvider
  end, 20), 'the server did not initialize')
end)

if failed == 0 then
  step('K on a ref() shows the model in a floating window', function()
    local text = hover(buffer, "stg_customers'", 3, 'One row per customer with a loyalty card')
    assert(text:find('customer_id', 1, true), 'no columns: ' .. text)
  end)

  step('K on a column shows what it means', function()
    hover(buffer, 'customers.full_name', 12, 'as printed on the card')
  end)

  step('go to definition opens the model', function()
    local line, column = place(buffer, "stg_customers'", 3)
    vim.api.nvim_set_current_buf(buffer)
    vim.api.nvim_win_set_cursor(0, { line + 1, column })
    vim.lsp.buf.definition()
    local function name() return vim.api.nvim_buf_get_name(0) end
    assert(vim.wait(ANSWER_MS, function() return name():find('models/staging/stg_customers.sql', 1, true) ~= nil end, 20), 'stayed in ' .. name())
    vim.api.nvim_set_current_buf(buffer)
  end)

  step('completion inside ref() offers models', function()
    vim.api.nvim_set_current_buf(buffer)
    local typed = "select * from {{ ref('"
    vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { typed })
    local result = request('textDocument/completion', {
      textDocument = { uri = vim.uri_from_bufnr(buffer) },
      position = { line = vim.api.nvim_buf_line_count(buffer) - 1, character = #typed },
    })
    local labels = vim.tbl_map(function(item) return item.label end, (result and result.items) or result or {})
    assert(vim.tbl_contains(labels, 'stg_orders'), 'stg_orders is not offered: ' .. vim.inspect(labels))
    vim.api.nvim_buf_set_lines(buffer, -2, -1, false, {})
  end)

  step('workspace symbols find a model', function()
    local result = request('workspace/symbol', { query = 'daily_rev' })
    assert(result and result[1] and result[1].name:find('daily_revenue', 1, true), vim.inspect(result))
  end)

  step('metasync.sync answers how it ended', function()
    local result = request('workspace/executeCommand', { command = 'metasync.sync', arguments = {} })
    assert(result and result.state == 'local', vim.inspect(result))
  end)

  step('the server ends when the editor does', function()
    vim.lsp.stop_client(id)
    assert(vim.wait(ANSWER_MS, function() return client() == nil end, 20), 'the client is still there')
  end)
end

out(('%d passed, %d failed'):format(passed, failed))
vim.cmd(failed == 0 and 'qall!' or 'cquit 1')
