-- prelude.lua - what rpm's built-in lua offers its scriptlets, for the plain interpreter: read through LUA_INIT before the vendor's text.
-- RPM's docs/manual/lua.md; posix comes from lua-posix, which grew out of the same source.
local ok, found = pcall(require, "posix")
posix = ok and found or {}
-- lua programs that the vendor's text calls are not to read this
if posix.setenv then posix.setenv("LUA_INIT") end

-- rpm counts from the interpreter's own name, and the counts of packages are numbers
local given = { "<lua>" }
for i = 1, #arg do
	given[i + 1] = tonumber(arg[i]) or arg[i]
end
arg = given
opt = {}

posix.getprocessid = posix.getprocessid or function() return posix.getpid("pid") end
posix.setuid = posix.setuid or function(id) return posix.setpid("u", id) end
posix.setgid = posix.setgid or function(id) return posix.setpid("g", id) end
posix.symlink = posix.symlink or function(target, path) return posix.link(target, path, true) end

-- where lua-posix returns nothing at all, rpm's returns nil and why
for _, name in ipairs { "access", "readlink", "stat" } do
	local plain = posix[name]
	posix[name] = function(...)
		local found, why, number = plain(...)
		return found, why, number
	end
end

function posix.redirect2null(number)
	local null = posix.open("/dev/null", posix.O_WRONLY or 1)
	posix.dup2(null, number)
end

rpm = { ver = "4.18.0" }

local function fork_exec(name, ...)
	local child = posix.fork()
	if child == 0 then
		posix.execp(name, ...)
		posix._exit(127)
	end
	local _, why, status = posix.wait(child)
	if why == "exited" and status == 0 then
		return 0.0
	end
	return nil, why == "exited" and "exit code" or "exit signal", status
end
rpm.execute = fork_exec

-- rpm's order of versions: epoch, version, release; runs of digits and of letters in turn, '~' before the end, '^' behind it
local function part(a, b)
	while a ~= "" or b ~= "" do
		a, b = a:gsub("^[^%w~^]+", ""), b:gsub("^[^%w~^]+", "")
		local ta, tb = a:sub(1, 1) == "~", b:sub(1, 1) == "~"
		if ta or tb then
			if not tb then return -1 elseif not ta then return 1 end
			a, b = a:sub(2), b:sub(2)
		else
			local ca, cb = a:sub(1, 1) == "^", b:sub(1, 1) == "^"
			if ca or cb then
				if a == "" then return -1 elseif b == "" then return 1 end
				if not cb then return 1 elseif not ca then return -1 end
				a, b = a:sub(2), b:sub(2)
			elseif a == "" or b == "" then
				break
			else
				local is_number = a:match("^%d") ~= nil
				local x = a:match(is_number and "^%d+" or "^%a+")
				local y = b:match(is_number and "^%d+" or "^%a+")
				if not y then return is_number and 1 or -1 end
				a, b = a:sub(#x + 1), b:sub(#y + 1)
				if is_number then
					x, y = x:gsub("^0+", ""), y:gsub("^0+", "")
					if #x ~= #y then return #x < #y and -1 or 1 end
				end
				if x ~= y then return x < y and -1 or 1 end
			end
		end
	end
	if a == b then return 0 end
	return a == "" and -1 or 1
end

local function split(text)
	local epoch, rest = text:match("^(%d*):(.*)$")
	rest = rest or text
	local version, release = rest:match("^(.*)%-([^-]*)$")
	return epoch and epoch ~= "" and epoch or "0", version or rest, release or ""
end

function rpm.vercmp(a, b)
	local ea, va, ra = split(a)
	local eb, vb, rb = split(b)
	local order = part(ea, eb)
	if order == 0 then order = part(va, vb) end
	if order == 0 and ra ~= "" and rb ~= "" then order = part(ra, rb) end
	return order
end

function rpm.isdefined() return false, false end
function rpm.next_file() return io.read("l") end
