-- metasync for Neovim (0.7 or newer): starts the language server, and makes its commands and its
-- status usable. Everything else (hover, definition, completion, …) is Neovim's own LSP client.
--
--   vim.opt.rtp:append('/path/to/metasync/editors/neovim')
--   require('metasync').setup({})
--
-- Commands: :MetasyncSync[!] :MetasyncCancel :MetasyncStatus :MetasyncHistory :MetasyncSearch
--           :MetasyncLineage :MetasyncConnections :MetasyncDoctor
-- Status:   vim.o.statusline = "%f %=%{v:lua.require'metasync'.statusline()}"
local M = {}

local defaults = {
  cmd = { 'metasync', 'lsp' },
  filetypes = { 'sql', 'yaml', 'python' },
  root_markers = { 'dbt_project.yml', '.git' },
  -- As in schemas/settings.json: { hub = { url = … }, autoSync = { … }, … }
  settings = {},
  -- A text, or a function that gives one, so that it stands in no file.
  token = nil,
  on_attach = nil,
  capabilities = nil,
}

local options = vim.deepcopy(defaults)
-- The server's last `metasync/status`.
local latest
-- Clients by root, for versions without vim.lsp.start.
local by_root = {}

local function say(text, level) vim.notify('metasync: ' .. text, level or vim.log.levels.INFO) end

local function get_clients()
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  return vim.tbl_filter(function(client) return client.name == 'metasync' end, all)
end

-- The client of this buffer, or any.
local function client()
  local buffer = vim.api.nvim_get_current_buf()
  local all = get_clients()
  for _, each in ipairs(all) do
    if vim.lsp.buf_is_attached(buffer, each.id) then return each end
  end
  return all[1]
end

local function null(value) return value == nil or value == vim.NIL end

-- Sends a request; `done` gets the answer, `failed` (where it is given) what went wrong.
local function ask(method, params, done, failed)
  local current = client()
  if not current then return say('the server does not run; open a SQL or YAML file of your project', vim.log.levels.WARN) end
  local function answered(problem, result)
    if problem and failed then return vim.schedule(function() failed(problem) end) end
    if problem then return say(problem.message or vim.inspect(problem), vim.log.levels.ERROR) end
    vim.schedule(function() done(result) end)
  end
  if vim.fn.has('nvim-0.11') == 1 then current:request(method, params, answered, 0)
  else current.request(method, params, answered, 0) end
end

-- Runs a command of the server; `done` gets the answer.
local function execute(command, arguments, done)
  ask('workspace/executeCommand', { command = command, arguments = arguments or {} }, done)
end

-- The object that is meant by the cursor: what its name means, else what the file makes or describes there.
local function at_cursor(done)
  local current = client()
  local function nothing() done(nil) end
  if not current then return nothing() end
  local at = vim.lsp.util.make_position_params(0, current.offset_encoding or 'utf-16')
  local params = { uri = at.textDocument.uri, line = at.position.line, character = at.position.character }
  ask('metasync/objectAt', params, function(answer)
    if null(answer) then return nothing() end
    if not null(answer.named) then return done(answer.named) end
    done(not null(answer.own) and answer.own or nil)
  end, nothing)
end

-- Opens the file of an object; paths are relative to the repository, which may lie above the root.
local function open(object)
  if null(object.path) then return say(object.full_name .. ' has no file of its own') end
  local current = client()
  local root = current and current.config.root_dir or vim.fn.getcwd()
  while root do
    local file = root .. '/' .. object.path
    if vim.fn.filereadable(file) == 1 then
      vim.cmd('edit ' .. vim.fn.fnameescape(file))
      if not null(object.line) then pcall(vim.api.nvim_win_set_cursor, 0, { object.line, 0 }) end
      return
    end
    local up = vim.fn.fnamemodify(root, ':h')
    root = up ~= root and up or nil
  end
  say(object.full_name .. ' is defined in ' .. object.path .. ', which is not here')
end

-- A window with lines; <CR> opens what the line stands for, q closes.
local function list(name, lines, objects)
  vim.cmd('botright new')
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = 'nofile', 'wipe', false
  pcall(vim.api.nvim_buf_set_name, buffer, 'metasync://' .. name)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.api.nvim_win_set_height(0, math.max(3, math.min(#lines, 20)))
  local window = vim.api.nvim_get_current_win()
  vim.keymap.set('n', 'q', '<cmd>close<cr>', { buffer = buffer })
  vim.keymap.set('n', '<CR>', function()
    local object = objects and objects[vim.api.nvim_win_get_cursor(window)[1]]
    if not object then return end
    vim.cmd('wincmd p')
    open(object)
  end, { buffer = buffer })
end

local function label(object) return object.name .. ' (' .. object.object_type .. ')' end

local function tree(nodes, side, depth, lines, objects)
  for _, node in ipairs(null(nodes) and {} or nodes) do
    local columns = null(node.columns) and '' or ': ' .. table.concat(node.columns, ', ')
    lines[#lines + 1] = ('  '):rep(depth) .. label(node) .. columns
    objects[#lines] = node
    tree(node[side], side, depth + 1, lines, objects)
  end
end

-- What the statusline shows; empty before the server has said anything.
function M.statusline()
  if not latest then return '' end
  local state = latest.state
  if state == 'local' or state == 'up_to_date' then return ('metasync: %d objects'):format(latest.objects) end
  return 'metasync: ' .. state:gsub('_', ' ')
end

-- The server's last status, as schemas/lsp-extensions.json says; nil before.
function M.status() return latest end

function M.sync(full)
  execute(full and 'metasync.syncFull' or 'metasync.sync', {}, function(answer)
    if not null(answer.error) then return say(answer.error, vim.log.levels.WARN) end
    say(('%s: %d objects, %d columns received'):format(answer.state:gsub('_', ' '), answer.objects, answer.columns))
  end)
end

function M.cancel() execute('metasync.cancelSync', {}, function() end) end

function M.show_status()
  execute('metasync.status', {}, function(status)
    local lines = { status.state:gsub('_', ' ') .. ': ' .. status.message }
    if not null(status.organization) then lines[#lines + 1] = 'organization: ' .. status.organization.name end
    local names = vim.tbl_map(function(each) return each.name end, status.connections)
    lines[#lines + 1] = 'connections: ' .. table.concat(names, ', ')
    lines[#lines + 1] = 'objects: ' .. status.objects
    lines[#lines + 1] = 'last sync: ' .. (null(status.last_sync_at) and 'never' or status.last_sync_at)
    if not null(status.next_sync_at) then lines[#lines + 1] = 'next sync: ' .. status.next_sync_at end
    if not null(status.hub) then lines[#lines + 1] = 'hub: ' .. status.hub end
    if not null(status.cache) then lines[#lines + 1] = 'cache: ' .. status.cache end
    list('status', lines)
  end)
end

function M.history()
  execute('metasync.history', {}, function(answer)
    list('history', vim.tbl_map(function(run)
      local problem = null(run.error) and '' or '  ' .. run.error
      return ('%s  %s (%s)  %d objects, %d ms%s'):format(run.started_at, run.state, run.cause, run.objects, run.duration_ms, problem)
    end, answer.runs))
  end)
end

function M.search(text)
  if null(text) or text == '' then
    return vim.ui.input({ prompt = 'Search metadata: ' }, function(given) if given and given ~= '' then M.search(given) end end)
  end
  execute('metasync.search', { text, { limit = 50 } }, function(answer)
    if #answer.results == 0 then return say(('nothing is known about %q'):format(text)) end
    vim.ui.select(answer.results, { prompt = 'Metadata', format_item = function(object)
      return label(object) .. (null(object.description) and '' or '  ' .. object.description:gsub('%s+', ' '))
    end }, function(object) if object then open(object) end end)
  end)
end

-- Of a name; of the word under the cursor, else of the file, where none is given.
function M.lineage(name)
  local candidates = { name }
  local is_given = not null(name) and name ~= ''
  if not is_given then candidates = { vim.fn.expand('<cword>'), vim.fn.expand('%:t:r') } end
  local function try(i)
    local wanted = candidates[i]
    if not wanted then return say('nothing is known by that name', vim.log.levels.WARN) end
    execute('metasync.search', { wanted, { limit = 20 } }, function(found)
      local lower = wanted:lower()
      for _, object in ipairs(found.results) do
        if object.name:lower() == lower or object.full_name:lower() == lower then return M.show_lineage(object.full_name) end
      end
      try(i + 1)
    end)
  end
  if is_given then return try(1) end
  at_cursor(function(object)
    if object then return M.show_lineage(object.full_name) end
    try(1)
  end)
end

function M.show_lineage(full_name)
  execute('metasync.lineage', { full_name, { direction = 'both' } }, function(answer)
    local lines, objects = { 'built from' }, {}
    tree(answer.upstream, 'upstream', 1, lines, objects)
    lines[#lines + 1] = label(answer.object)
    objects[#lines] = answer.object
    lines[#lines + 1] = 'used by'
    tree(answer.downstream, 'downstream', 1, lines, objects)
    list('lineage/' .. answer.object.name, lines, objects)
  end)
end

-- Chooses one connection more, or one less, at a time.
function M.connections()
  execute('metasync.selectConnections', {}, function(answer)
    vim.ui.select(answer.connections, { prompt = 'Connections of this workspace (choose to switch)', format_item = function(each)
      return (each.selected and '[x] ' or '[ ] ') .. each.full_name .. ' ' .. each.match
    end }, function(chosen)
      if not chosen then return end
      local ids = {}
      for _, each in ipairs(answer.connections) do
        if each.selected ~= (each.id == chosen.id) then ids[#ids + 1] = each.id end
      end
      execute('metasync.selectConnections', { ids }, function() say('the choice is kept') end)
    end)
  end)
end

function M.doctor()
  execute('metasync.doctor', {}, function(answer)
    local lines = {}
    for _, check in ipairs(answer.checks) do
      lines[#lines + 1] = ('%s %s: %s'):format(check.ok and 'ok' or 'NOT OK', check.name, check.message)
      if check.advice ~= '' then lines[#lines + 1] = '    ' .. check.advice end
    end
    list('doctor', lines)
  end)
end

local function root_of(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  local folder = file == '' and vim.fn.getcwd() or vim.fn.fnamemodify(file, ':p:h')
  local here = folder
  while here do
    for _, marker in ipairs(options.root_markers) do
      if vim.fn.isdirectory(here .. '/' .. marker) == 1 or vim.fn.filereadable(here .. '/' .. marker) == 1 then return here end
    end
    local up = vim.fn.fnamemodify(here, ':h')
    here = up ~= here and up or nil
  end
end

local function configuration(root)
  local settings = vim.deepcopy(options.settings)
  settings.token = type(options.token) == 'function' and options.token() or options.token
  return {
    name = 'metasync', cmd = options.cmd, root_dir = root, init_options = settings, settings = { metasync = settings },
    on_attach = options.on_attach, capabilities = options.capabilities or vim.lsp.protocol.make_client_capabilities(),
    handlers = {
      ['metasync/status'] = function(_, status)
        latest = status
        vim.schedule(function()
          vim.cmd('redrawstatus!')
          vim.cmd('silent doautocmd <nomodeline> User MetasyncStatus')
        end)
      end,
      ['metasync/changed'] = function(_, changed)
        if null(changed) or null(changed.message) or changed.message == '' then return end
        vim.schedule(function() vim.api.nvim_echo({ { 'metasync: ' .. changed.message } }, false, {}) end)
      end,
    },
    on_exit = function() latest, by_root[root] = nil, nil end,
  }
end

-- Starts the server for a buffer, or takes the one of its project.
function M.attach(buffer)
  local root = root_of(buffer)
  if not root or vim.bo[buffer].buftype ~= '' then return end
  if vim.lsp.start then return vim.lsp.start(configuration(root), { bufnr = buffer }) end
  by_root[root] = by_root[root] or vim.lsp.start_client(configuration(root))
  if by_root[root] then vim.lsp.buf_attach_client(buffer, by_root[root]) end
  return by_root[root]
end

function M.setup(given)
  options = vim.tbl_deep_extend('force', vim.deepcopy(defaults), given or {})
  local command = vim.api.nvim_create_user_command
  command('MetasyncSync', function(args) M.sync(args.bang) end, { bang = true, desc = 'Sync metadata; with ! everything anew' })
  command('MetasyncCancel', M.cancel, { desc = 'Cancel the sync' })
  command('MetasyncStatus', M.show_status, { desc = 'State, organization, connections, last sync' })
  command('MetasyncHistory', M.history, { desc = 'Earlier syncs' })
  command('MetasyncSearch', function(args) M.search(args.args) end, { nargs = '?', desc = 'Search the catalogue' })
  command('MetasyncLineage', function(args) M.lineage(args.args) end, { nargs = '?', desc = 'Lineage of a name, or of what is under the cursor' })
  command('MetasyncConnections', M.connections, { desc = 'Choose the connections of this workspace' })
  command('MetasyncDoctor', M.doctor, { desc = 'Find out what is wrong' })
  local group = vim.api.nvim_create_augroup('metasync', { clear = true })
  vim.api.nvim_create_autocmd('FileType', { group = group, pattern = options.filetypes, callback = function(event) M.attach(event.buf) end })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.tbl_contains(options.filetypes, vim.bo[buffer].filetype) then M.attach(buffer) end
  end
end

return M
