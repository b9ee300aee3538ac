package main

import (
	"os"
	"path/filepath"

	"github.com/mqttproof/mqttproof/reports"
	"github.com/mqttproof/mqttproof/scenarios/result"
)

func writeReports(dir string, runs []*result.Run) error {
	f, err := os.Create(filepath.Join(dir, "results.jsonl"))
	if err != nil {
		return err
	}
	if err := reports.WriteJSONL(f, runs[0]); err != nil {
		return err
	}
	return f.Close()
}
