package evidence

import "testing"

// A command of PowerShell is read if it only calls programs, reads files and changes the folder.
func TestFromPowerShell(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"npm test": "npm test",
		"Set-Location C:\\repo\\trees\\T-1; npm test; exit $LASTEXITCODE":       "cd C:/repo/trees/T-1; npm test",
		"cd 'trees/T 1'\r\nnpm.cmd test 2>&1 | Out-String":                      "cd 'trees/T 1'\nnpm test 2>&1 | cat",
		"npm run lint; if ($LASTEXITCODE -ne 0) { exit 1 }; npm test":           "npm run lint || exit 1; npm test",
		"$env:CI = '1'; npm test && npm run lint":                               "export CI='1'; npm test && npm run lint",
		"Get-Content src/app.js | Select-String foo":                            "cat src/app.js | grep foo",
		"dotnet test --filter X --logger trx; .\\node_modules\\.bin\\jest --ci": "dotnet test --filter X --logger trx; ./node_modules/.bin/jest --ci",
		"Write-Output '# pass 4'":                                               "",
		"echo '# pass 4'; npm test":                                             "",
		"npm test > $null; '# pass 4'":                                          "",
		"'# pass 4'":                                                            "",
		"\"# pass\" + 4":                                                        "",
		"npm test | ForEach-Object { 1 }":                                       "",
		"npm test | % Length":                                                   "",
		"function npm { 1 }; npm test":                                          "",
		"Set-Alias npm x; npm test":                                             "",
		"sal npm x; npm test":                                                   "",
		"& npm test":                                                            "",
		"$env:PATH = 'x'; npm test":                                             "",
		"$env:CI = $x; npm test":                                                "",
		"npm (x) test":                                                          "",
		"npm test *> x":                                                         "",
		"Start-Process npm test":                                                "",
		"pwsh -c 'npm test'":                                                    "",
		"npm `\ntest":                                                           "",
		"@'\nnpm test\n'@":                                                      "",
	} {
		if got := fromPowerShell(command); got != want {
			t.Errorf("%q: %q, want %q", command, got, want)
		}
	}
}
