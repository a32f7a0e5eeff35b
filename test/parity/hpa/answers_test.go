// Package parity answers situations with the HPA controller of Kubernetes: JSON lines in on standard input, one answer a
// line on standard output. It is a test only in name: in a test, time stands still while the controller decides.
package parity

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/klog/v2"

	hpa "setpoint.dev/parity/hpa"
	watched "setpoint.dev/parity/watched"
	"setpoint.dev/parity/world"
)

// answer is what is printed: which numbers did not fit into their integers, and what the HPA did.
type answer struct {
	ID       string         `json:"id"`
	Overflow []string       `json:"overflow,omitempty"`
	Expected world.Expected `json:"expected"`
}

type fault struct {
	ID    string `json:"id"`
	Fault string `json:"fault"`
}

const bufferBytes = 1 << 20

func TestAnswers(t *testing.T) {
	// Its handlers log, and wait after errors that follow each other.
	utilruntime.ErrorHandlers = nil
	if err := setFeatures(map[string]bool{dependent: false}); err != nil {
		t.Fatal(err)
	}
	ctx := klog.NewContext(context.Background(), logr.Discard())
	synctest.Test(t, func(t *testing.T) {
		if err := answerAll(ctx, os.Stdin, os.Stdout); err != nil {
			t.Fatal(err)
		}
	})
}

// answerAll flushes whenever no further line is waiting: one may ask for one answer and wait for it.
func answerAll(ctx context.Context, in io.Reader, out io.Writer) error {
	reader := bufio.NewReaderSize(in, bufferBytes)
	writer := bufio.NewWriterSize(out, bufferBytes)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	for {
		bytes, err := reader.ReadBytes('\n')
		if len(bytes) > 1 {
			if err := encoder.Encode(answerLine(ctx, bytes)); err != nil {
				return err
			}
		}
		if reader.Buffered() == 0 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
	}
}

func answerLine(ctx context.Context, bytes []byte) any {
	line, err := world.Parse(bytes)
	if err != nil {
		return fault{line.ID, err.Error()}
	}
	if err := setFeatures(line.Situation.Features); err != nil {
		return fault{line.ID, err.Error()}
	}
	return decide(ctx, line)
}

// decide answers with a fault where the controller panics: it trusts the API server to have refused what it cannot handle.
func decide(ctx context.Context, line world.Line) (result any) {
	defer func() {
		if reason := recover(); reason != nil {
			result = fault{line.ID, fmt.Sprintf("panic: %v", reason)}
		}
	}()
	made := answer{ID: line.ID, Expected: hpa.Decide(ctx, world.New(&line.Situation, time.Now()))}
	again := watched.Decide(ctx, world.New(&line.Situation, time.Now()))
	if !reflect.DeepEqual(made.Expected, again) {
		return fault{line.ID, "the copy that is watched for overflows decides otherwise than the original"} //
	}
	size, status := watched.Overflowed()
	if size {
		made.Overflow = append(made.Overflow, "size")
	}
	if status {
		made.Overflow = append(made.Overflow, "status")
	}
	return made
}

var known = map[string]bool{}

// A gate that the controller does not ask for: on, it would keep PodLevelResources, which it needs, from going off.
const dependent = "InPlacePodLevelResourcesVerticalScaling"

// setFeatures touches only the gates that differ from the line before: each change copies all gates.
func setFeatures(wanted map[string]bool) error {
	changed := map[string]bool{}
	for name, on := range wanted {
		if was, set := known[name]; !set || was != on {
			changed[name] = on
			known[name] = on
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return utilfeature.DefaultMutableFeatureGate.SetFromMap(changed)
}
