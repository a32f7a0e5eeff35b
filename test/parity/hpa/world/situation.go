// Package world is what surrounds the HPA controller in one situation: the objects that it reads, and the APIs that it
// talks to. situation.go reads one line of JSON; docs/parity.md describes the format.
package world

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Line is one situation with its name. What else is on the line is not looked at.
type Line struct {
	ID        string    `json:"id"`
	Situation Situation `json:"situation"`
}

// Situation is what the controller sees. Times are ages in seconds, values are thousandths.
type Situation struct {
	Config               Config          `json:"config"`
	Features             map[string]bool `json:"features"`
	SpecReplicas         int32           `json:"specReplicas"`
	StatusReplicas       *int32          `json:"statusReplicas"`
	MinReplicas          *int32          `json:"minReplicas"`
	MaxReplicas          int32           `json:"maxReplicas"`
	Metrics              []Metric        `json:"metrics"`
	Pods                 []Pod           `json:"pods"`
	ExtraMetrics         []Extra         `json:"extraMetrics"`
	Behavior             *Behavior       `json:"behavior"`
	Recommendations      []Replicas      `json:"recommendationsHistory"`
	ScaleEvents          ScaleEvents     `json:"scaleEventsHistory"`
	PreviousStatus       *PreviousStatus `json:"previousStatus"`
	SelectorProblem      string          `json:"selectorProblem"`
	GetScaleError        string          `json:"getScaleError"`
	UpdateScaleError     string          `json:"updateScaleError"`
	UpdateStatusError    string          `json:"updateStatusError"`
	UpdateScaleConflicts int             `json:"updateScaleConflicts"`
	ScaleTarget          *Target         `json:"scaleTarget"`
}

// Config holds the flags of the controller manager.
type Config struct {
	Tolerance                float64 `json:"tolerance"`
	CPUInitializationSeconds float64 `json:"cpuInitializationPeriodSeconds"`
	InitialReadinessSeconds  float64 `json:"initialReadinessDelaySeconds"`
	DownscaleSeconds         float64 `json:"downscaleStabilizationSeconds"`
}

// defaultConfig holds the defaults of the controller manager's flags.
var defaultConfig = Config{
	Tolerance: 0.1, CPUInitializationSeconds: 300, InitialReadinessSeconds: 30, DownscaleSeconds: 300,
}

// Parse reads one line.
func Parse(bytes []byte) (Line, error) {
	line := Line{Situation: Situation{Config: defaultConfig}}
	err := json.Unmarshal(bytes, &line)
	return line, err
}

type Target struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

type Metric struct {
	Type          string        `json:"type"`
	Name          string        `json:"name"`
	Container     string        `json:"container"`
	DescribedKind string        `json:"describedKind"`
	Selector      *MetricLabels `json:"metricSelector"`
	Target        MetricTarget  `json:"target"`
	CurrentValue  *Milli        `json:"currentValueMilli"`
	CurrentValues []Milli       `json:"currentValuesMilli"`
	FetchError    string        `json:"fetchError"`
}

type MetricLabels struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

type MetricTarget struct {
	Type               string `json:"type"`
	AverageUtilization *int32 `json:"averageUtilization"`
	AverageValue       *Milli `json:"averageValueMilli"`
	Value              *Milli `json:"valueMilli"`
}

// Usage maps a resource or a metric to its value; a nil value is as good as none.
type Usage map[string]*Milli

type Requests map[string]string

type Pod struct {
	Phase              string          `json:"phase"`
	Ready              json.RawMessage `json:"ready"`
	StartedAgo         *float64        `json:"startedAgoSeconds"`
	ReadyTransitionAgo *float64        `json:"readyTransitionAgoSeconds"`
	Deleted            bool            `json:"deleted"`
	Requests           Requests        `json:"requests"`
	Usage              Usage           `json:"usage"`
	Containers         []Container     `json:"containers"`
	InitContainers     []InitContainer `json:"initContainers"`
	PodLevelRequests   Requests        `json:"podLevelRequests"`
	SampleAgeSeconds   float64         `json:"sampleAgeSeconds"`
	WindowSeconds      *float64        `json:"windowSeconds"`
}

type Container struct {
	Name              string   `json:"name"`
	Requests          Requests `json:"requests"`
	Usage             Usage    `json:"usage"`
	AbsentFromMetrics bool     `json:"absentFromMetrics"`
}

type InitContainer struct {
	Name          string   `json:"name"`
	Requests      Requests `json:"requests"`
	RestartPolicy string   `json:"restartPolicy"`
	Usage         Usage    `json:"usage"`
}

type Extra struct {
	PodName string `json:"podName"`
	Usage   Usage  `json:"usage"`
}

type Behavior struct {
	ScaleUp   *Rules `json:"scaleUp"`
	ScaleDown *Rules `json:"scaleDown"`
}

type Rules struct {
	Window       *int32   `json:"stabilizationWindowSeconds"`
	SelectPolicy *string  `json:"selectPolicy"`
	Policies     []Policy `json:"policies"`
	Tolerance    *Number  `json:"tolerance"`
}

type Policy struct {
	Type          string `json:"type"`
	Value         int32  `json:"value"`
	PeriodSeconds int32  `json:"periodSeconds"`
}

type Replicas struct {
	Replicas   int32   `json:"replicas"`
	AgeSeconds float64 `json:"ageSeconds"`
}

type ScaleEvents struct {
	Up   []ScaleEvent `json:"up"`
	Down []ScaleEvent `json:"down"`
}

type ScaleEvent struct {
	Change     int32   `json:"change"`
	AgeSeconds float64 `json:"ageSeconds"`
	Outdated   bool    `json:"outdated,omitempty"`
}

type PreviousStatus struct {
	CurrentReplicas int32       `json:"currentReplicas"`
	DesiredReplicas int32       `json:"desiredReplicas"`
	Conditions      []Condition `json:"conditions"`
}

type Condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Milli is a signed 64-bit count of thousandths: a JSON number, or a text beyond 2^53.
type Milli int64

const largestNumber = 1 << 53

func (m *Milli) UnmarshalJSON(bytes []byte) error {
	value, err := strconv.ParseInt(unquote(bytes), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is no count of thousandths: %w", bytes, err)
	}
	*m = Milli(value)
	return nil
}

func (m Milli) MarshalJSON() ([]byte, error) {
	text := strconv.FormatInt(int64(m), 10)
	if m > largestNumber || m < -largestNumber {
		return []byte(`"` + text + `"`), nil
	}
	return []byte(text), nil
}

// Number keeps the text of a JSON number or of a JSON text: a quantity is read from its text.
type Number string

func (n *Number) UnmarshalJSON(bytes []byte) error {
	*n = Number(unquote(bytes))
	return nil
}

func unquote(bytes []byte) string {
	if len(bytes) >= 2 && bytes[0] == '"' {
		return string(bytes[1 : len(bytes)-1])
	}
	return string(bytes)
}

// Age turns seconds into a duration, exact to the microsecond.
func Age(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds*1e6)) * time.Microsecond
}
