-- The plugin file editors/neovim: commands, statusline, lists that open files.
--   nvim --headless -u NONE -i NONE -n -c 'luafile neovim_plugin.lua'     in a copy of the example, with
--   METASYNC_BIN and METASYNC_NEOVIM (the folder of the plugin)
local READY_MS, ANSWER_MS = 60000, 15000
local passed, failed = 0, 0

local function out(text) io.stdout:write(text .. '\n') end

local function step(name, run)
  local ok, problem = pcall(run)
  if ok then passed = passed + 1; out('  ok neovim-plugin: ' .. name)
  else failed = failed + 1; out('  FAIL neovim-plugin: ' .. name .. ': ' .. tostring(problem)) end
end

-- Messages, and what was chosen from lists, instead of waiting for a key.
local said, offered, choice = {}, nil, 1
vim.notify = function(text) said[#said + 1] = text end
vim.ui.select = function(items, options, done)
  offered = vim.tbl_map(options.format_item or tostring, items)
  done(items[choice], choice)
end

local function text() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') end
local function shown(name)
  assert(vim.wait(ANSWER_MS, function() return vim.api.nvim_buf_get_name(0):find('metasync://' .. name, 1, true) ~= nil end, 20),
    'no list ' .. name .. '; said: ' .. vim.inspect(said))
  return text()
end
local function last(expected)
  assert(vim.wait(ANSWER_MS, function() return (said[#said] or ''):find(expected) ~= nil end, 20), 'said: ' .. vim.inspect(said))
end

vim.opt.runtimepath:append(os.getenv('METASYNC_NEOVIM'))
local metasync = require('metasync')

step('setup makes the commands, and nothing to show yet', function()
  metasync.setup({ cmd = { os.getenv('METASYNC_BIN'), 'lsp' } })
  for _, name in ipairs({ 'Sync', 'Cancel', 'Status', 'History', 'Search', 'Lineage', 'Connections', 'Doctor' }) do
    assert(vim.fn.exists(':Metasync' .. name) == 2, 'no command Metasync' .. name)
  end
  assert(metasync.statusline() == '' and metasync.status() == nil)
end)

step('a command without a server says what to do', function()
  vim.cmd('MetasyncSync')
  last('open a SQL or YAML file')
end)

step('a file of the project starts the server; the statusline tells how it stands', function()
  vim.cmd('edit models/marts/orders.sql')
  vim.bo.filetype = 'sql'
  assert(vim.wait(READY_MS, function() return metasync.statusline():find('^metasync: %d%d+ objects$') ~= nil end, 50), 'statusline: ' .. metasync.statusline())
  vim.o.statusline = "%{v:lua.require'metasync'.statusline()}"
  local evaluated = vim.api.nvim_eval_statusline(vim.o.statusline, {}).str
  assert(evaluated == metasync.statusline(), evaluated)
end)

step('a second file of the project shares the server', function()
  vim.cmd('edit models/marts/customers.sql')
  vim.bo.filetype = 'sql'
  vim.wait(300)
  local clients = vim.tbl_filter(function(c) return c.name == 'metasync' end, (vim.lsp.get_clients or vim.lsp.get_active_clients)())
  assert(#clients == 1, #clients .. ' servers run')
  assert(vim.lsp.buf_is_attached(0, clients[1].id))
end)

step(':MetasyncSync answers how it ended', function()
  vim.cmd('MetasyncSync')
  last('^metasync: local: %d+ objects')
end)

step(':MetasyncLineage without a name shows that of the file; <CR> opens a line, q closes', function()
  vim.cmd('edit models/marts/orders.sql')
  vim.api.nvim_win_set_cursor(0, { 2, 0 })
  local home = vim.api.nvim_get_current_win()
  vim.cmd('MetasyncLineage')
  local tree = shown('lineage/orders')
  assert(tree:find('built from\n', 1, true) and tree:find('\n  stg_orders (model)', 1, true) and tree:find('\n    raw_orders (seed)', 1, true), tree)
  assert(tree:find('used by\n', 1, true) and tree:find('daily_revenue', 1, true), tree)
  vim.fn.search('raw_orders')
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes('<CR>', true, false, true), 'xt', false)
  assert(vim.api.nvim_get_current_win() == home, 'another window')
  assert(vim.api.nvim_buf_get_name(0):find('seeds/raw_orders.csv', 1, true), vim.api.nvim_buf_get_name(0))
  vim.cmd('wincmd j')
  vim.api.nvim_feedkeys('q', 'xt', false)
  assert(#vim.api.nvim_list_wins() == 1, 'the list is still there')
end)

step(':MetasyncLineage on a name shows that of what the name means', function()
  vim.cmd('edit models/marts/orders.sql')
  vim.fn.search("ref('stg_orders')")
  vim.cmd('normal! 7l')
  vim.cmd('MetasyncLineage')
  shown('lineage/stg_orders')
  vim.cmd('close')
end)

step(':MetasyncLineage says so where nothing is known', function()
  vim.cmd('MetasyncLineage no_such_model')
  last('nothing is known')
end)

step(':MetasyncSearch lists what is found and opens the choice', function()
  vim.cmd('MetasyncSearch daily_rev')
  assert(vim.wait(ANSWER_MS, function() return vim.api.nvim_buf_get_name(0):find('daily_revenue.sql', 1, true) ~= nil end, 20), vim.inspect(said))
  assert(offered[1]:find('daily_revenue (model)', 1, true), vim.inspect(offered))
end)

step(':MetasyncStatus, :MetasyncHistory and :MetasyncDoctor show their lists', function()
  vim.cmd('MetasyncStatus')
  assert(shown('status'):find('connections: jaffle_shop', 1, true), text())
  vim.cmd('close')
  vim.cmd('MetasyncHistory')
  assert(shown('history'):find('(command)', 1, true), text())
  vim.cmd('close')
  vim.cmd('MetasyncDoctor')
  assert(shown('doctor'):find('ok cache', 1, true), text())
  vim.cmd('close')
end)

step(':MetasyncConnections lists what belongs to the workspace', function()
  offered = nil
  choice = 99 -- nothing is chosen
  vim.cmd('MetasyncConnections')
  assert(vim.wait(ANSWER_MS, function() return offered ~= nil end, 20), vim.inspect(said))
end)

out(('%d passed, %d failed'):format(passed, failed))
vim.cmd(failed == 0 and 'qall!' or 'cquit 1')
