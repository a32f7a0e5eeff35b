package world

import (
	"context"
	"errors"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	metricsclient "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	customapi "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	externalapi "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	metricsapi "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	resourceclient "k8s.io/metrics/pkg/client/clientset/versioned/typed/metrics/v1beta1"
	customclient "k8s.io/metrics/pkg/client/custom_metrics"
	externalclient "k8s.io/metrics/pkg/client/external_metrics"
)

// Metrics is the HPA's own metrics client over the three metrics APIs of this world.
func (w *World) Metrics() metricsclient.MetricsClient {
	return metricsclient.NewRESTMetricsClient(resourceAPI{world: w}, customAPI{w}, externalAPI{w})
}

// metric is the one being computed: the controller takes them in order and reports the end of each.
func (w *World) metric() (*Metric, error) {
	metric := &w.situation.Metrics[w.computed]
	if metric.FetchError != "" {
		return nil, errors.New(metric.FetchError)
	}
	return metric, nil
}

type resourceAPI struct {
	resourceclient.PodMetricsInterface
	world *World
}

func (a resourceAPI) PodMetricses(string) resourceclient.PodMetricsInterface { return a }

func (a resourceAPI) List(context.Context, metav1.ListOptions) (*metricsapi.PodMetricsList, error) {
	if _, err := a.world.metric(); err != nil {
		return nil, err
	}
	list := &metricsapi.PodMetricsList{}
	for index, pod := range a.world.situation.Pods {
		if containers := measured(&pod); containers != nil {
			list.Items = append(list.Items, a.answer(a.world.pods[index].Name, containers, &pod))
		}
	}
	for _, extra := range a.world.situation.ExtraMetrics {
		if hasResource(extra.Usage) {
			containers := []metricsapi.ContainerMetrics{{Name: "main", Usage: usageOf(extra.Usage)}}
			list.Items = append(list.Items, a.answer(extra.PodName, containers, &Pod{}))
		}
	}
	return list, nil
}

func (a resourceAPI) answer(name string, containers []metricsapi.ContainerMetrics, pod *Pod) metricsapi.PodMetrics {
	return metricsapi.PodMetrics{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name},
		Timestamp:  a.world.sampled(pod),
		Window:     metav1.Duration{Duration: windowOf(pod)},
		Containers: containers,
	}
}

// measured is nil for a pod that the resource metrics API does not know.
func measured(pod *Pod) []metricsapi.ContainerMetrics {
	containers := pod.Containers
	if containers == nil {
		containers = []Container{{Name: "main", Usage: pod.Usage}}
	}
	shown := []metricsapi.ContainerMetrics{}
	known := false
	for _, container := range containers {
		if !container.AbsentFromMetrics {
			shown = append(shown, metricsapi.ContainerMetrics{Name: container.Name, Usage: usageOf(container.Usage)})
			known = known || hasResource(container.Usage)
		}
	}
	for _, init := range pod.InitContainers {
		if init.RestartPolicy == string(v1.ContainerRestartPolicyAlways) && init.Usage != nil {
			shown = append(shown, metricsapi.ContainerMetrics{Name: init.Name, Usage: usageOf(init.Usage)})
			known = true
		}
	}
	if !known {
		return nil
	}
	return shown
}

func hasResource(usage Usage) bool {
	return usage["cpu"] != nil || usage["memory"] != nil
}

func usageOf(usage Usage) v1.ResourceList {
	list := v1.ResourceList{}
	for name, value := range usage {
		if value != nil {
			list[v1.ResourceName(name)] = *resource.NewMilliQuantity(int64(*value), resource.DecimalSI)
		}
	}
	return list
}

func (w *World) sampled(pod *Pod) metav1.Time {
	return metav1.Time{Time: w.Now.Add(-Age(pod.SampleAgeSeconds))}
}

func windowOf(pod *Pod) time.Duration {
	if pod.WindowSeconds == nil {
		return time.Minute
	}
	return Age(*pod.WindowSeconds)
}

type customAPI struct{ world *World }

func (a customAPI) RootScopedMetrics() customclient.MetricsInterface       { return a }
func (a customAPI) NamespacedMetrics(string) customclient.MetricsInterface { return a }

func (a customAPI) GetForObject(_ schema.GroupKind, _, _ string, _ labels.Selector) (*customapi.MetricValue, error) {
	metric, err := a.world.metric()
	if err != nil {
		return nil, err
	}
	if metric.CurrentValue == nil {
		panic("an Object metric without currentValueMilli and without fetchError")
	}
	return &customapi.MetricValue{Value: *quantityOf(metric.CurrentValue), Timestamp: metav1.Time{Time: a.world.Now}}, nil
}

func (a customAPI) GetForObjects(_ schema.GroupKind, _ labels.Selector, name string, _ labels.Selector) (*customapi.MetricValueList, error) {
	if _, err := a.world.metric(); err != nil {
		return nil, err
	}
	list := &customapi.MetricValueList{}
	add := func(podName string, pod *Pod, usage Usage) {
		if usage[name] == nil {
			return
		}
		window := int64(windowOf(pod).Seconds())
		list.Items = append(list.Items, customapi.MetricValue{
			DescribedObject: v1.ObjectReference{Kind: "Pod", Namespace: Namespace, Name: podName},
			Timestamp:       a.world.sampled(pod),
			WindowSeconds:   &window,
			Value:           *quantityOf(usage[name]),
		})
	}
	for index, pod := range a.world.situation.Pods {
		add(a.world.pods[index].Name, &pod, pod.Usage)
	}
	for _, extra := range a.world.situation.ExtraMetrics {
		add(extra.PodName, &Pod{}, extra.Usage)
	}
	return list, nil
}

type externalAPI struct{ world *World }

func (a externalAPI) NamespacedMetrics(string) externalclient.MetricsInterface { return a }

func (a externalAPI) List(name string, _ labels.Selector) (*externalapi.ExternalMetricValueList, error) {
	metric, err := a.world.metric()
	if err != nil {
		return nil, err
	}
	list := &externalapi.ExternalMetricValueList{}
	for _, value := range metric.CurrentValues {
		list.Items = append(list.Items, externalapi.ExternalMetricValue{
			MetricName: name, Timestamp: metav1.Time{Time: a.world.Now}, Value: *quantityOf(&value),
		})
	}
	return list, nil
}
