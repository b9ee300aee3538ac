package reports_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mqttproof/mqttproof/containers/need"
	"github.com/mqttproof/mqttproof/reports"
)

// TestReportInABrowser opens report.html in a real browser: its script runs
// without a complaint, counts the scenarios, and a permanent link unfolds what
// it points at.
func TestReportInABrowser(t *testing.T) {
	browser := need.Browser(t)
	run := sample("embedded:mochi", "mochi 2.7.9")
	var page bytes.Buffer
	if err := reports.WriteHTML(&page, run); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "report.html")
	if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	ids := regexp.MustCompile(`<details class="row" id="([^"]+)"`).FindAllSubmatch(page.Bytes(), -1)
	if len(ids) == 0 {
		t.Fatal("the page has no scenarios")
	}
	link := string(ids[len(ids)-1][1])
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--enable-logging=stderr", "--virtual-time-budget=3000",
		"--dump-dom", "file://"+file+"#"+link)
	var dom, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", browser, err, log.String())
	}
	for line := range strings.SplitSeq(log.String(), "\n") {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the page complains: %s", line)
		}
	}
	if want := fmt.Sprintf("%d scenarios</", len(ids)); !strings.Contains(dom.String(), want) {
		t.Errorf("the script has not counted: no %q in the page", want)
	}
	if !regexp.MustCompile(`<details class="row" id="` + regexp.QuoteMeta(link) + `"[^>]* open`).MatchString(dom.String()) {
		t.Errorf("the link #%s does not unfold its scenario", link)
	}
}
